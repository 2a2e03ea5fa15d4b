"""Texts that can't be a role's name, recognised by their form: error values, formulas, dates, numbers, placeholders.

Such a cell must not count as an unmanaged role: its user would lose the role that went wrong in the spreadsheet.
"""

import re

_BOOLEANS = (
    r"true|false|yes|no|y|n|wahr|falsch|ja|nein|vrai|faux|oui|non|verdadero|falso|sí|si|verdadeiro|não|vero|waar|onwaar"
)
_PLACEHOLDERS = r"tbd|tba|tbc|todo|n/?a|n\.a\.|nan|none|null|nil|nothing|unknown|empty|blank|xxx|[\W_]+"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FORMS = (
    (re.compile(r"=.*", re.DOTALL), "a formula that was not calculated"),
    (re.compile(r"#[^\W\d_a-zà-ÿ][^\Wa-zà-ÿ]*(?:/[^\Wa-zà-ÿ]+)?[!?]?"), "a spreadsheet's error value"),
    (re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}([ T][0-9:.]+Z?)?"), "a date"),
    (re.compile(rf"[0-9]{{1,2}}[-. ]+({_MONTHS})[a-z]*[-., ]+[0-9]{{2,4}}", re.IGNORECASE), "a date"),
    (re.compile(rf"({_MONTHS})[a-z]*\.? [0-9]{{1,2}},? [0-9]{{2,4}}", re.IGNORECASE), "a date"),
    (re.compile(r"[+-]?[0-9]+([.,][0-9]+)*(e[+-]?[0-9]+)?%?", re.IGNORECASE), "a number"),
    (re.compile(_BOOLEANS, re.IGNORECASE), "a yes or no"),
    (re.compile(_PLACEHOLDERS, re.IGNORECASE), "a placeholder"),
)
_ERROR = re.compile(r"#(?:[^\W\d_]/[^\W\d_]!?|NV|[^\W\d_]+(?:/0)?[!?])")


def is_error_value(text: str) -> bool:
    """Whether a text is a spreadsheet's error value, such as `#N/A`, `#REF!` or `#NAME?`."""
    return bool(_ERROR.fullmatch(text))


def describe_placeholder(text: str) -> str:
    """Describe a text that can't be a name, such as "a date"; "" for a possible name."""
    return next((description for form, description in _FORMS if form.fullmatch(text)), "")
