"""The holders of the managed roles as a workbook in which people mark who stays: the start of a clean-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rolesync.model.keys import parse_roles
from rolesync.reader.write import list_assignments
from rolesync.report.content.plan_rows import table_rows
from rolesync.report.content.text import escape_for_display, plural
from rolesync.report.spreadsheet.decisions import day, media_cells
from rolesync.report.spreadsheet.sheet import DAY, MOST_CHARACTERS, SIZE, Cells, Column, Footer, Sheet, row_cells
from rolesync.report.spreadsheet.workbook import format_xlsx

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from rolesync.model.explanation import PastChange
    from rolesync.model.live import Live

HOLDERS, STAYS, YES, NO = "holders", "stays", "yes", "no"
"""The sheet to fill in, its first column, and the two answers; an empty cell is not an answer."""

COLUMNS = (
    Column(STAYS),
    Column("note", least=24),
    Column("name", 22),
    Column("email", 30),
    Column("domain", 20),
    Column("role", 18),
    Column("other roles", 18),
    Column("last change", number_format=DAY),
    Column("by rolesync", 22),
    Column("media"),
    Column("size", number_format=SIZE),
    Column("last viewed", number_format=DAY),
    Column("newest", number_format=DAY),
    Column("user id"),
)
_USER_COLUMNS = ("user_id", "email", "roles")
_PROTECTED = "protected: never loses a managed role"
_AS_LIST = "use a list, and delete the rows of roles that nobody needs: rolesync export -o LIST"
_PROMPT = "yes: keeps the role. no: loses it. Empty: undecided, and nothing is done."


class Holders(NamedTuple):
    """The holders, their media (IMPACT), and by user id the changes of the last run that changed the user.

    The users in `protected` can't lose a managed role.
    """

    live: Live
    impact: pd.DataFrame
    last_changes: Mapping[int, Sequence[PastChange]]
    protected: Collection[int]
    account: str
    day: str


def holders_xlsx(holders: Holders) -> bytes:
    """Render the holders as a workbook with the sheets `how to decide` and `holders`.

    Raises:
        UsageError: the extra `excel` is not installed, or a sheet can't hold all holders.
    """
    rows = list(_rows(holders))
    steps = (Column(f"Who stays? {plural(len(rows), 'role')} to decide on", 14), Column("", 98))
    guide = Sheet("how to decide", steps, map(row_cells, _guide(holders)), is_text=True)
    sheet = Sheet(HOLDERS, COLUMNS, rows, STAYS, (f"{YES},{NO}",) * len(rows), {f"{YES},{NO}": _PROMPT})
    footer = Footer("holders of", holders.day, holders.account)
    return format_xlsx(len(rows), [guide, sheet], footer, instead=_AS_LIST)


def _guide(holders: Holders) -> Iterator[tuple[str, str]]:
    yield "account", escape_for_display(holders.account)
    yield "read on", holders.day
    for role in holders.live.roles:
        yield escape_for_display(role, MOST_CHARACTERS), plural(len(holders.live.holders(role)), "holder")
    yield "", ""
    yield "How to decide", ""
    steps = (
        "Open the sheet 'holders'. Each row is one role of one user.",
        "Choose 'yes' in the column 'stays' if the user keeps the role, and 'no' if the user is to lose it.",
        "An empty cell is undecided. Nobody loses a role by an empty cell.",
        "'last change' and 'by rolesync' show what rolesync did last to the user; empty if it did nothing.",
        "'media' are those that the user owns. An empty 'last viewed' is unknown, or never.",
        "You may sort whole rows, filter, print, and write into 'note'. Leave all other cells as they are.",
        "Save this file, and give it back. rolesync export --decisions FILE -o LIST makes a list of it.",
        "Nothing changes in Studio before a plan of that list was reviewed and applied.",
    )
    yield from ((str(number), text) for number, text in enumerate(steps, 1))


def _rows(holders: Holders) -> Iterator[Cells]:
    media = media_cells(holders.impact)
    newest = dict(table_rows(holders.impact, ("user_id", "newest")))
    users = {user_id: (email, roles) for user_id, email, roles in table_rows(holders.live.users, _USER_COLUMNS)}
    for row in list_assignments(holders.live):
        user_id, (email, roles) = row["user_id"], users[row["user_id"]]
        other_roles = ", ".join(role for role in parse_roles(roles) if role != row["role"])
        is_protected = user_id in holders.protected
        domain = email.rpartition("@")[2].casefold() if "@" in email else ""
        cells = (row["name"], email, domain, row["role"], other_roles)
        texts = (escape_for_display(text, MOST_CHARACTERS) for text in cells)
        changes = holders.last_changes.get(user_id)
        last = changes[-1] if changes else None
        last_text = f"{last.action} {last.role}: {last.outcome.replace('_', ' ')}" if last else ""
        yield (
            *((YES, _PROTECTED) if is_protected else (None, None)),
            *row_cells(texts),
            day(last.time) if last else None,
            *row_cells([escape_for_display(last_text, MOST_CHARACTERS)]),
            *media.get(user_id, (None, None, None)),
            day(newest.get(user_id, "")),
            user_id,
        )
