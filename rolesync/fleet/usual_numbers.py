"""What is usual for each account: the numbers of its last nights, from the fleet's journal."""

from collections.abc import Iterable, Mapping

from rolesync.fleet.journal import PastNight
from rolesync.model.fleet_review import UsualNumbers

NIGHTS = 10
"""The last nights of an account that count."""


def usual_numbers(nights: Iterable[PastNight], until: str) -> Mapping[str, UsualNumbers]:
    """Collect the numbers of each account's last nights; accounts without one are missing.

    Args:
        nights: the runs over the fleet, oldest first.
        until: the id of the run to compare with them; it and all after it don't count.
    """
    plans: dict[str, dict[str, tuple[int, int]]] = {}
    for night in nights:
        if night.run == until:
            break
        for name, result in night.results.items():
            if result.plan:  # by digest, since planning and applying are two runs of one plan
                plans.setdefault(name, {})[result.plan.digest] = (result.plan.additions, result.plan.removals)
    last = {name: list(numbers.values())[-NIGHTS:] for name, numbers in plans.items()}
    return {
        name: UsualNumbers(len(numbers), max(added for added, _ in numbers), max(removed for _, removed in numbers))
        for name, numbers in last.items()
    }
