"""The schemas of the frames that hold many users, and how frames are made and checked.

A `Columns` mapping from column name to dtype describes a frame. `frame()` makes a frame, and `require()` checks a frame
that a package receives. No column has a nullable dtype: `""` means a missing text, `0` a missing id or row.
`row` counts the rows of the source file as a spreadsheet does: the header is row 1.

A set of roles is one category, encoded by `format_roles` as a JSON array of sorted names. A million users share a few
distinct sets.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Columns = Mapping[str, str]

DESIRED: Columns = {
    "row": "int64",  # source row
    "email": "str",  # normalised by `email_key`; "" if the row has only an id
    "user_id": "int64",  # 0 if the row has only an address
    "role": "category",
}
"""The assignments of the list: one row per (user, role), in the order of the file, without duplicates."""

LIVE: Columns = {
    "user_id": "int64",  # unique
    "email": "str",  # as in Studio; "" if Studio has none
    "name": "str",
    "roles": "category",  # a set of roles
}
"""Users in Studio: all holders of managed roles, and the other users of the list."""

CHANGES: Columns = {
    "user_id": "int64",
    "email": "str",  # as in Studio
    "name": "str",
    "action": "category",  # `Action`
    "role": "category",
    "reason": "category",  # `Reason`
    "row": "int64",  # the row that gives the role, or that names the user; 0 for a user who is not in the list
    "before": "category",  # the set of roles when the plan was made
}
"""The changes, one row per (user, role), in the order in which they are sent."""

HELD: Columns = {
    "row": "int64",
    "email": "str",
    "user_id": "int64",
    "role": "category",
    "action": "category",  # the action that is held
    "reason": "category",  # `HeldReason`
    "detail": "str",  # a sentence for people
}
"""The changes that are known but not done, with their reasons."""

DRIFT: Columns = {
    "user_id": "int64",
    "email": "str",  # as in Studio, now or earlier
    "role": "category",
    "action": "category",  # `Action` by other hands
}
"""Changes of roles outside rolesync, by role and user."""

IMPACT: Columns = {
    "user_id": "int64",  # unique
    "known": "category",  # `Completeness`
    "owned": "int64",  # media that the user owns
    "reachable": "int64",  # media that the user can open, including owned media
    "size": "int64",  # bytes of the owned media
    "duration": "int64",  # seconds of the owned media
    "newest": "str",  # creation time of the newest owned medium, ISO 8601 in UTC; "" if unknown
    "last_viewed": "str",  # the last view of an owned medium, ISO 8601 in UTC; "" if none, or if unknown
    "note": "str",  # why not all is known; "" if all is known
}
"""The media of users who lose a role. All numbers are 0 for a user of whom nothing is known."""

OUTCOMES: Columns = {
    **CHANGES,
    "outcome": "category",  # `OutcomeStatus`
    "after": "category",  # the set of roles as last read; "" if it was not read
    "detail": "str",
}
"""The outcome of each change of a plan, in the plan's order."""


def frame(columns: Columns, data: Mapping[str, Any] | None = None) -> "pd.DataFrame":
    """Make a frame of exactly these columns and dtypes; without `data`, an empty frame.

    Arrays and series of the right dtype are not copied, so they must not be changed afterwards. An index doesn't count.

    Raises:
        KeyError: a column is missing in `data`.
    """
    import pandas as pd  # noqa: PLC0415  # commands that make no frame start without it

    if data is None:
        return _empty(tuple(columns.items())).copy()
    return pd.DataFrame({name: _column(data[name], kind) for name, kind in columns.items()}, copy=False)


def categorical(codes: "npt.NDArray[np.integer]", names: Sequence[str]) -> "pd.Categorical[str]":
    """Turn codes into names; the categories are the names in use, sorted, as `frame` makes them from text."""
    import numpy as np  # noqa: PLC0415  # as above
    import pandas as pd  # noqa: PLC0415  # as above

    is_used = np.bincount(codes, minlength=len(names)) > 0
    used = sorted(name for name, is_used_name in zip(names, is_used.tolist(), strict=True) if is_used_name)
    rank = {name: code for code, name in enumerate(used)}
    new_codes = np.array([rank.get(name, -1) for name in names], np.int32)
    return pd.Categorical.from_codes(new_codes[codes], dtype=_categories(tuple(used)), validate=False)


def rows_with(column: "pd.Series[str]", names: Collection[str]) -> "npt.NDArray[np.bool_]":
    """Mark the rows of a column of categories that hold one of these names, by comparing only the categories."""
    import numpy as np  # noqa: PLC0415  # as above

    values: Any = column.array
    is_name = np.array([*(category in names for category in values.categories.tolist()), False], np.bool_)
    mask: npt.NDArray[np.bool_] = is_name[values.codes]  # the code of a missing value is -1, which is the last
    return mask


def require(table: "pd.DataFrame", columns: Columns) -> "pd.DataFrame":
    """Return `table` if it has exactly these columns and dtypes.

    Raises:
        TypeError: a column is missing, unknown or of another dtype, which is a defect of the caller.
    """
    dtypes = {str(name): dtype for name, dtype in table.dtypes.items()}
    wrong = [name for name, kind in columns.items() if not _same(dtypes.get(name), kind)]
    if wrong or set(dtypes) != set(columns):
        raise TypeError(f"columns {wrong or sorted(set(dtypes) ^ set(columns))} don't fit {dict(columns)}")
    return table


def _column(values: Any, kind: str) -> Any:  # noqa: ANN401  # whatever pandas makes a column of
    """Make an array, since pandas would align series with each other, and that takes longer than making them."""
    import pandas as pd  # noqa: PLC0415  # as above

    array = values.array if isinstance(values, pd.Series) else values
    if kind != "category":
        return pd.Series(array, dtype=_dtype(kind), copy=False).array
    if isinstance(array, pd.Categorical):
        return array
    names = sorted(set(array))
    codes = {name: code for code, name in enumerate(names)}
    return pd.Categorical.from_codes([codes[name] for name in array], dtype=_categories(tuple(names)), validate=False)


@lru_cache(maxsize=256)  # the same few names in most frames; making them takes longer than their codes
def _categories(names: tuple[str, ...]) -> "pd.CategoricalDtype[Any]":
    import pandas as pd  # noqa: PLC0415  # as above

    return pd.CategoricalDtype(pd.Index([str(name) for name in names]))  # a member of an enum equals its text


@cache
def _empty(columns: tuple[tuple[str, str], ...]) -> "pd.DataFrame":
    """An empty frame of each schema: to copy one takes a tenth of the time that making it takes."""
    return frame(dict(columns), {name: [] for name, _ in columns})


@cache  # pandas parses the name each time
def _dtype(kind: str) -> Any:  # noqa: ANN401  # pandas' own union of dtypes is not public
    from pandas.api.types import pandas_dtype  # noqa: PLC0415  # as above

    return pandas_dtype(kind)


def _same(dtype: object, kind: str) -> bool:
    import pandas as pd  # noqa: PLC0415  # as above

    return isinstance(dtype, pd.CategoricalDtype) if kind == "category" else dtype == kind
