"""Frames for the many people: which columns they have, and how they are made and checked.

A frame is described by a `Columns` mapping from column name to dtype; `frame()` makes one and `require()` checks one
at a room's door. In all frames `""` stands for text that is not given and `0` for an id or row that is not given, so
that no column needs a nullable dtype. `row` counts the rows of the source file as a spreadsheet shows them: the header
is row 1.

Role sets travel as one category per distinct set, spelled as a JSON array of sorted names (`role_set`), because a
million people share a handful of sets.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, str]

DESIRED: Columns = {
    "row": "int64",  # source row
    "email": "str",  # normalised by `email_key`; "" where only an id is given
    "user_id": "int64",  # 0 where only an address is given
    "role": "category",
}
"""What the list asks for: one row per (person, role), in the order of the file, without duplicates."""

LIVE: Columns = {
    "user_id": "int64",  # unique
    "email": "str",  # as Studio spells it; "" where Studio has none
    "name": "str",
    "roles": "category",  # `role_set` of role_names
}
"""People as Studio shows them: every holder of a managed role, and whoever of the list was found besides."""

CHANGES: Columns = {
    "user_id": "int64",
    "email": "str",  # as Studio spells it
    "name": "str",
    "action": "category",  # `Action`
    "role": "category",
    "reason": "category",  # `Reason`
    "row": "int64",  # the row that asks for it, or that names the person; 0 for people the list doesn't name
    "before": "category",  # `role_set` when the plan was made
}
"""What has to change, one row per (person, role), in the order in which it is sent."""

HELD: Columns = {
    "row": "int64",
    "email": "str",
    "user_id": "int64",
    "role": "category",
    "action": "category",  # what would have been done
    "reason": "category",  # `HeldReason`
    "detail": "str",  # a sentence for people
}
"""What is known but not done, each with its reason."""

DRIFT: Columns = {
    "user_id": "int64",
    "email": "str",  # as Studio spells it, or did
    "role": "category",
    "action": "category",  # `Action`: what somebody else did
}
"""What was changed outside rolesync, by role and user."""

IMPACT: Columns = {
    "user_id": "int64",  # unique
    "known": "category",  # `Known`
    "owned": "int64",  # media that are this person's own
    "reachable": "int64",  # all media that they can open, their own among them
    "size": "int64",  # bytes of their own
    "duration": "int64",  # seconds of their own
    "newest": "str",  # when the newest of their own was made, ISO 8601 in UTC; "" where Studio says no time
    "note": "str",  # why not all is known; "" where it is
}
"""What people have in Studio who lose a role; of somebody of whom nothing is known, all numbers are 0."""

OUTCOMES: Columns = {
    **CHANGES,
    "outcome": "category",  # `OutcomeStatus`
    "after": "category",  # `role_set` as last seen; "" where it was not seen
    "detail": "str",
}
"""What became of each change of a plan, in the plan's order."""


def frame(columns: Columns, data: Mapping[str, Any] | None = None) -> "pd.DataFrame":
    """Make a frame of exactly these columns and dtypes; without `data`, an empty one.

    Arrays that fit are taken as they are, not copied: whoever gives one away doesn't change it afterwards.

    Raises:
        KeyError: a column is missing in `data`.
    """
    import pandas as pd  # noqa: PLC0415  # commands that make no frame start without it

    if data is None:
        data = {name: [] for name in columns}
    series = {name: pd.Series(data[name], dtype=_dtype(kind), copy=False) for name, kind in columns.items()}
    return pd.DataFrame(series, copy=False)


def require(table: "pd.DataFrame", columns: Columns) -> "pd.DataFrame":
    """Return `table` if it has exactly these columns and dtypes.

    Raises:
        TypeError: a column is missing, surplus, or of another dtype: a defect in the calling room.
    """
    found = {str(name): dtype for name, dtype in table.dtypes.items()}
    wrong = [name for name, kind in columns.items() if not _same(found.get(name), kind)]
    if wrong or set(found) != set(columns):
        raise TypeError(f"columns {wrong or sorted(set(found) ^ set(columns))} don't fit {dict(columns)}")
    return table


def _dtype(kind: str) -> Any:  # noqa: ANN401  # pandas' own union of dtypes is not public
    import pandas as pd  # noqa: PLC0415  # as above

    return pd.CategoricalDtype() if kind == "category" else kind


def _same(dtype: object, kind: str) -> bool:
    import pandas as pd  # noqa: PLC0415  # as above

    return isinstance(dtype, pd.CategoricalDtype) if kind == "category" else dtype == kind
