"""One cell → one normalised e-mail address or user id, or the reason why not.

An address is accepted by its form alone: odd names (`na@`, `null@`, `o'brien@`, `+tag`) and domains kept for tests and
inner networks (`.test`, `.local`, `localhost`) are addresses, and no network is asked. What Studio doesn't know shows
later as "not yet there".
"""

import re

import email_validator

from rolesync.model import email_key
from rolesync.reader.findings import CellError, Code, quoted

MAX_USER_ID = 2**63 - 1
MAX_ADDRESS = 254

# The library's own switch for domains that are never delivered to; nothing is delivered here.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

# A part of what the library accepts, some hundred times as fast. With 64 characters at most no label gets too long, and
# without two hyphens in a row there is no Punycode.
_PLAIN_LENGTH = 64
_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}|localhost)"
)
_USER_ID = re.compile(r"[1-9][0-9]{0,18}")
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


def read_email(cell: str) -> str:
    """Read an address and spell it as `email_key` does; "" for a blank cell.

    Raises:
        CellError: it is no address.
    """
    address = cell.strip()  # before email_key, whose plain way leaves no-break blanks alone
    key = email_key(address)
    if len(key) <= _PLAIN_LENGTH and _PLAIN.fullmatch(key):
        return key
    if not address:
        return ""
    if "@" not in address:  # said here, because a file with another column's text has many of them
        raise CellError(Code.EMAIL_INVALID, f"{quoted(cell)} is no e-mail address: it has no @-sign")
    if len(address) > MAX_ADDRESS:
        raise CellError(
            Code.EMAIL_INVALID, f"{quoted(cell)} is no e-mail address: longer than {MAX_ADDRESS} characters"
        )
    try:
        email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as cause:
        raise CellError(Code.EMAIL_INVALID, f"{quoted(cell)} is no e-mail address: {cause}") from cause
    return key


def read_user_id(cell: str) -> int:
    """Read Studio's number of a user, 1 to 2^63-1 in plain digits; 0 for a blank cell.

    Raises:
        CellError: it is no such number.
    """
    text = cell.strip()
    if _USER_ID.fullmatch(text):
        number = int(text)
        if number <= MAX_USER_ID:
            return number
    if not text:
        return 0
    reason = next((reason for form, reason in _USER_ID_MISTAKES if form.fullmatch(text)), "it is not a whole number")
    advice = "write the number as Studio shows it, in a column formatted as text"
    raise CellError(Code.USER_ID_INVALID, f"{quoted(cell)} is no user id: {reason}; {advice}")
