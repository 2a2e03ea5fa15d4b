"""Facts for reviewers beside the changes: names, shares of mail domains, and the users whose media are counted."""

from collections import Counter

from rolesync.model.live import Live
from rolesync.model.plans import Changes, DomainCount, Plan
from rolesync.model.reasons import WAITING
from rolesync.model.vocabulary import Action


def count_domains(changes: Changes, live: Live) -> tuple[DomainCount, ...]:
    """Count the holders of each role in the domains of the users who lose it, or would if the removal weren't held.

    Users without an address belong to no domain. Sorted by role and domain.
    """
    losing: dict[str, set[str]] = {}
    for table in (changes.changes, changes.releasable_removals):
        removals = table[table["action"] == Action.REMOVE.value]
        for role, email in zip(removals["role"].tolist(), removals["email"].tolist(), strict=True):
            losing.setdefault(role, set()).add(domain_of(email))
    counts: list[DomainCount] = []
    for role, domains in sorted(losing.items()):
        number = Counter(map(domain_of, live.holders(role)["email"].tolist()))
        counts += [DomainCount(role, domain, number[domain]) for domain in sorted(domains - {""})]
    return tuple(counts)


def domain_of(email: str) -> str:
    """Return the domain of an address in lower case; "" for no address."""
    return email.rpartition("@")[2].lower() if "@" in email else ""


def names_of_held(changes: Changes, live: Live) -> dict[int, str]:
    """Return by user id the names of the users in `held`, as far as Studio named them."""
    ids = set(changes.held["user_id"].tolist()) - {0}
    rows = live.users[live.users["user_id"].isin(ids)]
    names = zip(rows["user_id"].tolist(), rows["name"].tolist(), strict=True)
    return {user_id: name for user_id, name in sorted(names) if name}


def users_to_inspect(plan: Plan) -> list[int]:
    """List the ids of users who lose a role, or would lose one if the removal wasn't held. Sorted, without repeats."""
    removed = plan.changes["action"] == Action.REMOVE.value
    waiting = plan.held["reason"].isin(WAITING)
    ids = {*plan.changes.loc[removed, "user_id"].tolist(), *plan.held.loc[waiting, "user_id"].tolist()}
    return sorted(ids)
