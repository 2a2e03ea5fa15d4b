"""A list whose rows all give roles that rolesync doesn't manage: to follow it would remove every managed role."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rolesync.model.findings import Code, Finding, error, name_some, quoted
from rolesync.model.keys import role_key
from rolesync.model.vocabulary import RIVAL_ROLES

if TYPE_CHECKING:
    import pandas as pd

_MIN_SIMILARITY = 0.55  # difflib's ratio, looser than for a single row: here the whole list is wrong anyway


def find_no_managed_role(
    claimed: Iterable["pd.Categorical[str] | pd.Series[Any]"],
    managed: Collection[str],
    aliases: Mapping[str, str],
    column: str,
) -> Iterator[Finding]:
    """Refuse a list without any row of a managed role; nothing if there is one, or no row at all.

    Args:
        claimed: the roles of the assignments in the list, in force today and not.
        managed: the managed roles.
        aliases: other names, each with the role that it means.
        column: the header of the column of roles.
    """
    managed_names = sorted({role_key(role) for role in managed})
    numbers = Counter[str]()
    for roles in claimed:
        numbers.update({str(role): int(number) for role, number in roles.value_counts().items() if number})
    listed = sorted(numbers, key=lambda role: (-numbers[role], role))  # however the rows were read
    if not listed or not set(listed).isdisjoint(managed_names):
        return
    nearest = _nearest(listed, [*managed_names, *sorted(aliases)])
    advice = f"did you mean {quoted(nearest)}?" if nearest else "correct the roles, or set managed_roles"
    rows = f"the roles of the list are {name_some(map(quoted, listed))}, managed is {', '.join(managed_names)}"
    yield error(Code.NO_MANAGED_ROLE, f"no row gives a managed role: {rows}; {advice}", column=column)


def _nearest(roles: Iterable[str], known_names: Collection[str]) -> str:
    """Find the known name that is most like one of the roles; "" if none is.

    A role of Studio is not a misspelling of another.
    """
    names = {name.casefold(): name for name in known_names}
    for role in roles:
        if role not in RIVAL_ROLES and (
            keys := difflib.get_close_matches(role.casefold(), names, n=1, cutoff=_MIN_SIMILARITY)
        ):
            return names[keys[0]]
    return ""
