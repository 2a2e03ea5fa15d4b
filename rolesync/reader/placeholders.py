"""What stands in cells for a name and is none: told by its form alone, so that nobody's role is taken for it.

Left alone as an unmanaged role, such a cell would remove the person whose role went wrong in the spreadsheet.
"""

import re

_BOOLEANS = (
    r"true|false|yes|no|y|n|wahr|falsch|ja|nein|vrai|faux|oui|non|verdadero|falso|sí|si|verdadeiro|não|vero|waar|onwaar"
)
_PLACEHOLDERS = r"tbd|tba|tbc|todo|n/?a|n\.a\.|nan|none|null|nil|nothing|unknown|empty|blank|xxx|[\W_]+"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MISTAKES = (
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
    """Whether a cell's text is what a spreadsheet shows for a failed formula: `#N/A`, `#REF!`, `#NAME?`."""
    return bool(_ERROR.fullmatch(text))


def describe_placeholder(text: str) -> str:
    """Say what a cell's text is instead of a name; "" where it may be one."""
    return next((what for form, what in _MISTAKES if form.fullmatch(text)), "")
