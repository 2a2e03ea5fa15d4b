"""A list whose rows all give roles that rolesync doesn't manage: to follow it would remove every managed role."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from rolesync.model.findings import Code, Finding, error, name_some, quoted
from rolesync.model.keys import role_key
from rolesync.model.vocabulary import RIVAL_ROLES

_MIN_SIMILARITY = 0.55  # difflib's ratio, looser than for a single row: here the whole list is wrong anyway


def find_no_managed_role(
    numbers: Mapping[str, int], managed: Collection[str], aliases: Mapping[str, str], column: str
) -> Finding | None:
    """Refuse a list without any row of a managed role, in force or not; None if there is one, or no row at all.

    Args:
        numbers: the number of assignments of each role in the list, whether in force today or not.
        managed: the managed roles.
        aliases: other names, each with the role that it means.
        column: the header of the column of roles.
    """
    managed_names = sorted({role_key(role) for role in managed})
    listed = [role for role, number in Counter(numbers).most_common() if number]
    if not listed or not set(listed).isdisjoint(managed_names):
        return None
    nearest = _nearest(listed, [*managed_names, *sorted(aliases)])
    advice = f"did you mean {quoted(nearest)}?" if nearest else "correct the roles, or set managed_roles"
    rows = f"the roles of the list are {name_some(map(quoted, listed))}, managed is {', '.join(managed_names)}"
    return error(Code.NO_MANAGED_ROLE, f"no row gives a managed role: {rows}; {advice}", column=column)


def _nearest(roles: Iterable[str], known: Collection[str]) -> str:
    """Find the known name that is most like one of the roles; "" if none is.

    A role of Studio is no misspelling of another.
    """
    names = {name.casefold(): name for name in known}
    for role in roles:
        if role not in RIVAL_ROLES and (
            keys := difflib.get_close_matches(role.casefold(), names, n=1, cutoff=_MIN_SIMILARITY)
        ):
            return names[keys[0]]
    return ""
