"""One cell → one normalised e-mail address or user id, or the reason why not.

An address is accepted by its form alone: odd names (`na@`, `null@`, `o'brien@`, `+tag`) and domains kept for tests and
inner networks (`.test`, `.local`, `localhost`) are addresses, and no network is asked. What Studio doesn't know shows
later as "not yet there". What a program has put around an identity is taken away and told, see `spelling`; what may
mean somebody else is refused.
"""

import re

from rolesync.model.findings import CellError, Code, Note, Tell, quoted
from rolesync.model.keys import email_key
from rolesync.model.vocabulary import Level
from rolesync.reader.lookalikes import (
    LOST,
    OVERRIDES,
    bare_address,
    describe_lookalikes,
    looks_latin,
    unmangled,
    without_invisible,
)
from rolesync.tables.grid import EXACT_FLOAT

MAX_USER_ID = 2**63 - 1
MAX_ADDRESS = 254
MAX_DRESSED = 1_000  # characters of an address with a name and all: looking for one takes long in a longer text

# Legal before an address, but put there by a spreadsheet (text, formula) or a person (footnote, "doesn't count").
FOREIGN_SIGNS = "'#*="

# A part of what the library accepts, some hundred times as fast. With 64 characters at most no label gets too long, and
# without two hyphens in a row there is no Punycode.
_PLAIN_LENGTH = 64
_PLAIN = re.compile(
    r"(?!['#*=])[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}|localhost)"
)
_USER_ID = re.compile(r"[1-9][0-9]{0,18}")
_MENDED_USER_ID = re.compile(r"'([1-9][0-9]{0,18})|([1-9][0-9]{0,18})\.0+")
_USER_ID_MISTAKES = (
    (re.compile(r"0+"), "ids begin at 1"),
    (re.compile(r"0[0-9]+"), "it begins with 0, which no id does"),
    (re.compile(r"[+-][0-9]+"), "it has a sign"),
    (
        re.compile(r"[0-9]+[.,][0-9]*[eE][+-]?[0-9]+|[0-9]+[eE][+-]?[0-9]+"),
        "a spreadsheet has rounded it to an exponent",
    ),
    (re.compile(r"[0-9]{1,3}([., '\u00a0\u202f][0-9]{3})+"), "it has separators"),
    (re.compile(r"[0-9]+[.,][0-9]*"), "it has a fraction"),
    (re.compile(r"[0-9]+"), f"it is greater than {MAX_USER_ID}"),
)


def read_email(cell: str, tell: Tell) -> str:
    """Read an address and spell it as `email_key` does; "" for a blank cell.

    Args:
        cell: the cell.
        tell: hears of everything that was taken away from around the address.

    Raises:
        CellError: it is no address, or it is not certain which.
    """
    address = cell.strip()
    if address.isascii():  # else folding may make a plain letter of one that only looks like it
        key = address.lower()
        if len(key) <= _PLAIN_LENGTH and _PLAIN.fullmatch(key):
            return key
    return _odd_email(cell, address, tell) if address else ""


def is_address(cell: str) -> bool:
    """Whether a cell names somebody by an address."""
    try:
        return bool(read_email(cell, lambda _note: None))
    except CellError:
        return False


def _odd_email(cell: str, written: str, tell: Tell) -> str:
    """Read an address that is no plain one."""
    if OVERRIDES.search(written):
        raise _no_email(cell, "it holds characters that show it in another order than it is written")
    if LOST in written:
        raise _no_email(cell, "it has U+FFFD where a program could not read a letter; type the address anew")
    if len(written) > MAX_DRESSED:
        raise _no_email(cell, f"longer than {MAX_ADDRESS} characters")
    address, removed = bare_address(written)
    if reason := _wrong_form(address) or _refused_by_library(address):
        raise _no_email(cell, reason)
    if address[0] in FOREIGN_SIGNS:
        advice = "take it away, or name the person by user_id where it is"
        raise _no_email(cell, f"it begins with {address[0]!r}, which is hardly part of it; {advice}")
    key = email_key(address)
    if mixed := describe_lookalikes(address, key):
        raise CellError(Code.EMAIL_LOOKALIKE, f"{quoted(cell)}: {mixed}; type the address anew")
    if looks_latin(key):
        text = f"{quoted(cell)} has letters that look like Latin ones and are not; check that this person is meant"
        tell(Note(Level.WARNING, Code.EMAIL_LOOKALIKE, text))
    if removed:
        text = f"{quoted(cell)} is read as {quoted(key)}, without {', '.join(removed)}"
        tell(Note(Level.WARNING, Code.EMAIL_NORMALISED, text))
    return key


def _wrong_form(address: str) -> str:
    """Say what is wrong with an address in words for people; the library's own come after."""
    if meant := unmangled(address):
        reason = f"it was {quoted(meant)} before a program took its UTF-8 for Windows-1252"
        return f"{reason}; open the original as UTF-8 and save it again"
    if "@" not in address:  # said here, because a file with another column's text has many of them
        return "it has no @-sign"
    if address.count("@") > 1:
        return "it has more than one @-sign; give each person a row of their own"
    if any(map(str.isspace, address)):
        return "it has a blank inside"
    return f"longer than {MAX_ADDRESS} characters" if len(address) > MAX_ADDRESS else ""


def _refused_by_library(address: str) -> str:
    import email_validator  # noqa: PLC0415  # slow, and most lists have nothing but plain addresses

    # The library's own switch for domains that are never delivered to; nothing is delivered here.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as cause:
        return str(cause)
    return ""


def _no_email(cell: str, reason: str) -> CellError:
    return CellError(Code.EMAIL_INVALID, f"{quoted(cell)} is no e-mail address: {reason}")


def read_user_id(cell: str, tell: Tell) -> int:
    """Read Studio's number of a user, 1 to 2^63-1 in plain digits; 0 for a blank cell.

    Args:
        cell: the cell.
        tell: hears of what a program has put around the number: `101.0`, `'101`, zero-width characters.

    Raises:
        CellError: it is no such number.
    """
    text = cell.strip()
    if _USER_ID.fullmatch(text):
        number = int(text)
        if number <= MAX_USER_ID:
            return number
    return _odd_user_id(cell, text, tell) if text else 0


def _odd_user_id(cell: str, written: str, tell: Tell) -> int:
    text = written if OVERRIDES.search(written) else without_invisible(written)
    mended = _MENDED_USER_ID.fullmatch(text)
    digits = (mended[1] or mended[2]) if mended else text
    if digits != written and _USER_ID.fullmatch(digits) and int(digits) <= MAX_USER_ID:
        if not (mended and mended[2] and int(digits) >= EXACT_FLOAT):
            text = f"{quoted(cell)} is read as the user id {digits}"
            tell(Note(Level.WARNING, Code.USER_ID_NORMALISED, text))
            return int(digits)
        reason = "it went through a floating-point number, which can't hold it exactly"
    else:
        forms = (reason for form, reason in _USER_ID_MISTAKES if form.fullmatch(text))
        reason = next(forms, "it is not a whole number")
    advice = "write the number as Studio shows it, in a column formatted as text"
    raise CellError(Code.USER_ID_INVALID, f"{quoted(cell)} is no user id: {reason}; {advice}")
