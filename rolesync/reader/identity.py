"""A cell → a normalised e-mail address or user id, or the reason why it is refused.

The form of an address decides, without any network look-up. Odd names (`na@`, `null@`, `o'brien@`, `+tag`) and reserved
domains (`.test`, `.local`, `localhost`) are valid. An address that Studio doesn't know is reported later as "not in
Studio yet". Text that a program put around an identity is removed with a note, see `lookalikes`; an identity that could
mean another user is refused.
"""

import re
import unicodedata

from rolesync.model.findings import CellError, Code, Note, OnNote, quoted
from rolesync.model.keys import ANY_USER, email_key, strip_invisible
from rolesync.model.vocabulary import Level
from rolesync.reader.lookalikes import (
    BIDI_OVERRIDES,
    REPLACEMENT_CHARACTER,
    describe_lookalikes,
    looks_latin,
    strip_decoration,
    undo_mojibake,
)
from rolesync.reader.placeholders import describe_placeholder
from rolesync.tables.grid import EXACT_FLOAT

_PROXY_ENTRY = re.compile(r"[a-z0-9]{2,8}:", re.IGNORECASE)
_PROXY_SEPARATOR = re.compile(r"\s*[;,+|]\s*(?=[A-Za-z0-9]{2,8}:)|\s+(?=[A-Za-z0-9]{2,8}:)")
"""The parts of what Microsoft Exchange knows as the addresses of a mailbox."""

MAX_USER_ID = 2**63 - 1
MAX_ADDRESS = 254
_MAX_DECORATED = 1_000  # characters of an address with a name around it; the search is slow in a longer text

_LOGIN_SIGNS = "._-+=~\\"
"""The signs that a login may have; a blank separates the names of a person."""

FOREIGN_SIGNS = "'#*="
"""First characters that are legal, but that a spreadsheet (text, formula) or a user (comment) more likely added."""

# Matches some of the addresses that email_validator accepts, about a hundred times as fast. At most 64 characters keep
# every label short enough; without two adjacent hyphens there is no Punycode.
_PLAIN_LENGTH = 64
_PLAIN = re.compile(
    r"(?!['#*=])[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}|localhost)"
)
_USER_ID = re.compile(r"[1-9][0-9]{0,18}")
_NORMALISABLE_USER_ID = re.compile(r"'([1-9][0-9]{0,18})|([1-9][0-9]{0,18})\.0+")
_USER_ID_MISTAKES = (
    (re.compile(r"0+"), "ids begin at 1"),
    (re.compile(r"0[0-9]+"), "it begins with 0, which no id does"),
    (re.compile(r"[+-][0-9]+"), "it has a sign"),
    (
        re.compile(r"[0-9]+[.,][0-9]*[eE][+-]?[0-9]+|[0-9]+[eE][+-]?[0-9]+"),
        "a spreadsheet rounded it to a number with an exponent",
    ),
    (re.compile(r"[0-9]{1,3}([., '\u00a0\u202f][0-9]{3})+"), "it has separators"),
    (re.compile(r"[0-9]+[.,][0-9]*"), "it has a fraction"),
    (re.compile(r"[0-9]+"), f"it is greater than {MAX_USER_ID}"),
)


def read_email(cell: str, on_note: OnNote, *, logins: bool = False) -> str:
    """Read an address, normalised as by `email_key`; "" for a blank cell.

    Args:
        cell: the cell.
        on_note: is called with a note on any text that was removed around the address, and on look-alike letters.
        logins: whether the cell may also hold a Canvas login, which has no @-sign; Studio may have it as the address.

    Raises:
        CellError: the cell is not an address, or may mean another address.
    """
    address = cell.strip()
    if address.isascii():  # case folding can turn a look-alike into a plain letter
        key = address.lower()
        if len(key) <= _PLAIN_LENGTH and _PLAIN.fullmatch(key):
            return key
    return _read_unusual_email(cell, address, on_note, logins=logins) if address else ""


def is_address(cell: str) -> bool:
    """Whether a cell is an address."""
    try:
        return bool(read_email(cell, _ignore_note))
    except CellError:
        return False


def read_user(entry: str, *, logins: bool = False) -> str:
    """Read a setting that names one user: an address, normalised as by `email_key`, or an id; "" for a blank entry.

    With `logins`, the setting may also be a Canvas login.

    Raises:
        CellError: the entry is neither an address nor an id.
    """
    if "*" in entry:
        text = f"{quoted(entry.strip())} is a pattern; only protected_users takes one, of a whole domain: *@example.edu"
        raise CellError(Code.EMAIL_INVALID, text)
    try:
        if entry.strip().isdecimal():
            return str(read_user_id(entry, _ignore_note))
        return read_email(entry, _ignore_note, logins=logins)
    except CellError as problem:
        raise CellError(problem.code, f"{problem.message}; name a user by address or user id") from None


def read_users(entry: str, *, logins: bool = False) -> str:
    """Read a setting that names one user, as `read_user`, or all users with addresses in a domain, as `*@example.edu`.

    Raises:
        CellError: the entry is blank, or names no user and no domain.
    """
    text = entry.strip()
    if not text:
        raise CellError(Code.IDENTITY_MISSING, "an empty entry names no user; remove it")
    if not text.startswith(ANY_USER):
        return read_user(text, logins=logins)
    try:
        return ANY_USER + read_email(f"x{text[1:]}", _ignore_note)[2:]
    except CellError as problem:
        raise CellError(problem.code, f"{quoted(text)} names no domain; write it as in *@example.edu") from None


def _ignore_note(_note: Note) -> None:
    """Ignore a note: a setting shows the value that is in force."""


def _read_unusual_email(cell: str, stripped: str, on_note: OnNote, *, logins: bool) -> str:
    """Read an address that `_PLAIN` doesn't match, or a login."""
    if BIDI_OVERRIDES.search(stripped):
        raise _invalid_email(cell, "it contains characters that change the order in which it is displayed; retype it")
    if REPLACEMENT_CHARACTER in stripped:
        raise _invalid_email(cell, "it has U+FFFD in place of a letter that a program could not read; retype it")
    if len(stripped) > _MAX_DECORATED:
        raise _invalid_email(cell, f"it is longer than {MAX_ADDRESS} characters")
    address, removed = _strip_program_signs(stripped)
    is_login = logins and "@" not in address
    if reason := _describe_wrong_login(address) if is_login else _describe_wrong_address(address):
        raise _invalid_email(cell, reason)
    if address[0] in FOREIGN_SIGNS:
        reason = f"it begins with {address[0]!r}, which is probably not part of the address"
        advice = "remove it; if it is part of the address, name the user by user_id instead"
        raise _invalid_email(cell, f"{reason}; {advice}")
    key = email_key(address)
    if reason := describe_lookalikes(address, key):
        raise CellError(Code.EMAIL_LOOKALIKE, f"{quoted(cell)}: {reason}; retype the address")
    if looks_latin(key):
        text = f"{quoted(cell)} has letters that only look like Latin ones; check that this user is meant"
        on_note(Note(Level.WARNING, Code.EMAIL_LOOKALIKE, text))
    if removed:
        text = f"{quoted(cell)} is read as {quoted(key)}, without {', '.join(removed)}"
        on_note(Note(Level.WARNING, Code.EMAIL_NORMALISED, text))
    return key


def _strip_program_signs(text: str) -> tuple[str, tuple[str, ...]]:
    """Remove what programs and people write around an address; returns the address, and what was removed."""
    primary = _primary(text) if "SMTP:" in text else ""
    address, removed = strip_decoration(primary or text)
    if primary:
        removed = (*removed, "what marks it as the primary address of a mailbox")
    if address[:1] == "'" and address[1:2] in {"+", "-"}:
        address, removed = address[1:], (*removed, "the sign that keeps spreadsheets from reading a formula")
    return address, removed


def _primary(cell: str) -> str:
    """The primary address of a list such as `SMTP:a@x.edu;smtp:b@x.edu`; "" for any other text.

    Microsoft Exchange marks the primary address by capitals; `+` or blanks may separate as well.
    """
    entries = _PROXY_SEPARATOR.split(cell)
    if not all(map(_PROXY_ENTRY.match, entries)):
        return ""
    primary = [entry.removeprefix("SMTP:").strip() for entry in entries if entry.startswith("SMTP:")]
    return primary[0] if len(primary) == 1 else ""


def _describe_wrong_login(login: str) -> str:
    """Describe why a text is not a login either; "" for a possible login. Nothing is known of the form of logins."""
    if reason := _describe_mojibake(login):
        return reason
    if description := describe_placeholder(login):
        return f"it is {description}, and no login; to name a user by number, use the column user_id"
    if not all(letter.isalnum() or letter in _LOGIN_SIGNS for letter in unicodedata.normalize("NFC", login)):
        return f"it has no @-sign, and a login has only letters, digits and {' '.join(_LOGIN_SIGNS)}"
    return f"it is longer than {MAX_ADDRESS} characters" if len(login) > MAX_ADDRESS else ""


def _describe_mojibake(text: str) -> str:
    if original := undo_mojibake(text):
        reason = f"it was {quoted(original)} until a program read its UTF-8 as Windows-1252"
        return f"{reason}; open the original as UTF-8 and save it again"
    return ""


def _describe_wrong_address(address: str) -> str:
    """Describe the commonest mistakes in plain words, others in the library's; "" for a valid address."""
    return _describe_mojibake(address) or _describe_wrong_form(address) or _library_refusal(address)


def _describe_wrong_form(address: str) -> str:
    """Describe the first common mistake in the form of an address; "" if it has none."""
    if "@" not in address:  # checked before the slow library: under a wrong header, every cell fails here
        return "it has no @-sign"
    if address.count("@") > 1:
        return "it has more than one @-sign; give each user a separate row"
    if any(map(str.isspace, address)):
        return "it contains a blank"
    return f"it is longer than {MAX_ADDRESS} characters" if len(address) > MAX_ADDRESS else ""


def _library_refusal(address: str) -> str:
    """Return why email_validator refuses an address; "" for a valid address."""
    import email_validator  # noqa: PLC0415  # slow, and most lists have only plain addresses

    # An empty list makes the library accept reserved domains. rolesync sends no mail, so delivery doesn't matter.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as cause:
        sentences = str(cause).removesuffix(".").split(". ")
        return "; ".join(sentence[:1].lower() + sentence[1:] for sentence in sentences)
    return ""


def _invalid_email(cell: str, reason: str) -> CellError:
    return CellError(Code.EMAIL_INVALID, f"{quoted(cell)} is not an e-mail address: {reason}")


def read_user_id(cell: str, on_note: OnNote) -> int:
    """Read Studio's id of a user, 1 to 2^63-1 in plain digits; 0 for a blank cell.

    Args:
        cell: the cell.
        on_note: is called with a note if a program changed the number: `101.0`, `'101`, zero-width characters.

    Raises:
        CellError: the cell is not a user id.
    """
    text = cell.strip()
    if _USER_ID.fullmatch(text):
        number = int(text)
        if number <= MAX_USER_ID:
            return number
    return _read_unusual_user_id(cell, text, on_note) if text else 0


def _read_unusual_user_id(cell: str, stripped: str, on_note: OnNote) -> int:
    """Read an id that is not plain digits from 1 to 2^63-1, or raise CellError."""
    text = stripped if BIDI_OVERRIDES.search(stripped) else strip_invisible(stripped)
    match = _NORMALISABLE_USER_ID.fullmatch(text)
    digits = (match[1] or match[2]) if match else text
    if digits != stripped and _USER_ID.fullmatch(digits) and int(digits) <= MAX_USER_ID:
        is_inexact = match and match[2] and int(digits) >= EXACT_FLOAT
        if not is_inexact:
            message = f"{quoted(cell)} is read as the user id {digits}"
            on_note(Note(Level.WARNING, Code.USER_ID_NORMALISED, message))
            return int(digits)
        reason = "a program converted it to a floating-point number, which can't hold it exactly"
    else:
        reasons = (reason for form, reason in _USER_ID_MISTAKES if form.fullmatch(text))
        reason = next(reasons, "it is not a whole number")
    advice = "write the number as Studio shows it, in a column formatted as text"
    raise CellError(Code.USER_ID_INVALID, f"{quoted(cell)} is not a user id: {reason}; {advice}")
