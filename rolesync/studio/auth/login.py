"""The way to the first token: the address that a person opens, and the code in the address that they bring back."""

from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import SecretStr

from rolesync.errors import UnauthorizedError, UsageError

PATH = "/api/public/oauth/authorize"
AGAIN = "run `rolesync login` again, and paste the whole address that the browser shows in the end"


def authorise_address(studio: str, client_id: str, redirect_uri: str, state: str) -> str:
    """Make the address where the token's owner allows access.

    Args:
        studio: scheme and host.
        client_id: of the developer key.
        redirect_uri: one that is registered with it.
        state: a random text for this one try.
    """
    asked = {"client_id": client_id, "response_type": "code", "redirect_uri": redirect_uri, "state": state}
    return f"{studio}{PATH}?{urlencode(asked)}"


def code_in(pasted: str, state: str) -> SecretStr:
    """Find the code in the pasted address.

    Args:
        pasted: what the browser shows after the redirect.
        state: the one of this try. Studio is known not to return it, so that none is fine and a different one isn't.

    Raises:
        UsageError: there is no code in it, or it belongs to another try.
        UnauthorizedError: Studio, or the person, said no.
    """
    try:
        query = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        query = {}
    if query.get("state", [state]) != [state]:
        raise UsageError("the pasted address belongs to another login: its state is a different one", hint=AGAIN)
    if "error" in query:
        word = " ".join(query["error"])[:60]
        denied = "access was denied" if word == "access_denied" else f"Studio refused ({word})"
        hint = "check client_id and redirect_uri against the developer key" if word != "access_denied" else ""
        raise UnauthorizedError(f"{denied} in the browser", hint=hint or "run `rolesync login` again to allow it")
    codes = query.get("code", [])
    if len(codes) != 1:
        what = "nothing was pasted" if not pasted.strip() else "the pasted text is no address with a code in it"
        raise UsageError(what, hint=AGAIN)
    return SecretStr(codes[0])
