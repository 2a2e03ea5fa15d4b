"""The first token: the address that a user opens to allow access, and the code in the address they paste back."""

from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import SecretStr

from rolesync.errors import UnauthorizedError, UsageError

PATH = "/api/public/oauth/authorize"
_PASTE = "paste the whole address that the browser shows at the end"


def authorise_address(studio: str, client_id: str, redirect_uri: str, state: str) -> str:
    """Build the address where the token's owner allows access.

    Args:
        studio: scheme and host.
        client_id: the id of the developer key.
        redirect_uri: a redirect address registered with that key.
        state: a random text for this login only.
    """
    query = {"client_id": client_id, "response_type": "code", "redirect_uri": redirect_uri, "state": state}
    return f"{studio}{PATH}?{urlencode(query)}"


def code_in(pasted: str, state: str, again: str = "run `rolesync login` again, and") -> SecretStr:
    """Extract the code from the pasted address.

    Args:
        pasted: the address that the browser shows after the redirect.
        state: the state of this login. Studio may not return it, so a missing one is accepted, a different one is not.
        again: how the login begins anew, for hints.

    Raises:
        UsageError: it has no code, or belongs to another login.
        UnauthorizedError: Studio or the user denied access.
    """
    try:
        query = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        query = {}
    if query.get("state", [state]) != [state]:
        raise UsageError(
            "the pasted address belongs to another login: its state is a different one", hint=f"{again} {_PASTE}"
        )
    if "error" in query:
        error = " ".join(query["error"])[:60]
        if error == "access_denied":
            raise UnauthorizedError("access was denied in the browser", hint=f"{again} allow it")
        raise UnauthorizedError(
            f"Studio refused ({error}) in the browser",
            hint="compare client_id and redirect_uri with the developer key",
        )
    codes = query.get("code", [])
    if len(codes) != 1:
        message = "the pasted text is not an address with a code in it" if pasted.strip() else "nothing was pasted"
        raise UsageError(message, hint=f"{again} {_PASTE}")
    return SecretStr(codes[0])
