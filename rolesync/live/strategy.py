"""Decides how to find users whose roles are unknown: one search each, or the pages of a role.

A look-up of an address or id finds one user a request. A page of a role shows 50 users, of whom all, some or none may
be wanted. The first page shows how many pages the role has; only all pages show who holds it. So each step is decided
by the answers so far:

- Fewer than `USERS_PER_TRIAL` users are looked up one by one, in parallel: no request is spent on a better way.
- A role whose recent pages each showed more than one wanted user is read further: its pages save requests.
- One trial page is allowed for every `USERS_PER_TRIAL` users. The first page of a role costs as much as a look-up, and
  shows how many pages the role has.
- Otherwise a sample of the rest is looked up one by one. With a margin, it shows how many of the rest a role holds,
  however unevenly its pages hold them. If that is more than the pages it has left, the role is read. Only then were the
  look-ups of its holders wasted.

So a wrong guess costs little: the trial pages, a few pages of a role that no longer pays, a sample. Only a misleading
sample, which one in ten may be, costs more: at most as many pages as the users it promised.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from math import sqrt

SCANNABLE = ("Teacher", "Student", "Observer", "Admin")
"""The roles that Studio is known to search for, the most common first."""

USERS_PER_TRIAL = 20  # wanted users for each trial page: at most 5 % more requests; a usual run has fewer users
FIRST_SAMPLE = 4  # look-ups before anything is concluded; each further sample doubles the total
RECENT_PAGES = 8  # the last pages of a role, which decide whether to read further
_MIN_EXPECTED_HOLDERS = 10  # wanted users that a role not opened yet must be expected to hold
_NEARLY_ALL = 0.75  # a role that promises this share of the rest is read on before another one is tried
_MARGIN = 1.28  # standard deviations: in nine of ten cases the true share is above the estimate


@dataclass(frozen=True, slots=True)
class ReadPages:
    """The next step: read these pages of a role, in this order."""

    role: str
    numbers: range


@dataclass(frozen=True, slots=True)
class SearchOneByOne:
    """The next step: look up this many of the remaining users, spread over all of them."""

    users: int


class SearchStrategy:
    """Decides step by step; learns from the result of each step.

    Args:
        wanted: how many users are to be found.
        roles: the roles whose pages may be read, likeliest first.
        window: the most pages to read in parallel.
    """

    def __init__(self, user_count: int, roles: Sequence[str], window: int) -> None:
        self.remaining = user_count
        self._window = window
        self._trials = user_count // USERS_PER_TRIAL
        self._scans = {role: _Scan(role) for role in roles} if self._trials else {}
        self._sample: Counter[frozenset[str]] = Counter()  # role sets in a sample of the remaining users

    def next_step(self) -> ReadPages | SearchOneByOne | None:
        """Return what to do next; None when every user was found or looked up."""
        if not self.remaining:
            return None
        scans = [scan for scan in self._scans.values() if not scan.finished]
        paying = [scan for scan in scans if scan.hits_per_page(self.remaining) > 1]
        if not paying and not any(self._may_pay(scan) for scan in scans):
            return SearchOneByOne(self.remaining)
        best = max(paying, key=lambda scan: scan.hits_per_page(self.remaining), default=None)
        promised = best.hits_per_page(self.remaining) * best.pages_left if best else 0.0
        if self._trials and promised < _NEARLY_ALL * self.remaining:
            for scan in scans:
                if not scan.pages:
                    self._trials -= 1
                    return ReadPages(scan.role, range(1, 2))
        best = best or max(scans, key=self._expected_saving)
        if best in paying or self._expected_saving(best) > 0:
            return ReadPages(best.role, range(best.read + 1, best.read + 1 + self._pages_to_read(best)))
        return SearchOneByOne(min(self.remaining, max(FIRST_SAMPLE, self._sample.total())))

    def note_page(self, role: str, pages: int, hits: int) -> None:
        """Record a page: how many pages its role has, and how many of the remaining users were on it."""
        scan = self._scans[role]
        self.remaining -= hits
        scan.pages, scan.read, scan.hits = pages, scan.read + 1, scan.hits + hits
        scan.hits_since_sample += hits
        scan.recent.append(hits)
        scan.remaining = self.remaining

    def note_lookups(self, role_sets: Iterable[frozenset[str]]) -> None:
        """Record users who were looked up one by one: the roles of each, no roles for a user not in Studio."""
        if any(scan.hits_since_sample for scan in self._scans.values()):
            self._sample.clear()  # it was a sample of other users: many of those have been found since
            for scan in self._scans.values():
                scan.hits_since_sample = 0
        before = self._sample.total()
        self._sample.update(role_sets)
        self.remaining -= self._sample.total() - before

    def restart(self, role: str) -> None:
        """Discard the unreliable pages of a role; it may be read again from its first page."""
        self.remaining += self._scans[role].hits
        self._scans[role] = _Scan(role)

    def give_up(self, role: str) -> None:
        """Discard the pages of a role, and never read it again."""
        self.restart(role)
        del self._scans[role]

    def _may_pay(self, scan: "_Scan") -> bool:
        return not scan.pages or scan.pages_left < self.remaining

    def _pages_to_read(self, scan: "_Scan") -> int:
        """Return how many pages to read in parallel: few while little is known, and no more than are needed."""
        enough = -(-self.remaining // max(1, max(scan.recent, default=1)))
        return max(1, min(self._window, scan.read, scan.pages_left, enough))

    def _expected_saving(self, scan: "_Scan") -> float:
        """Estimate from the sample how many requests it saves to read a role to its end."""
        finished = {scan.role for scan in self._scans.values() if scan.finished}
        sample = {roles: number for roles, number in self._sample.items() if roles.isdisjoint(finished)}
        holders = sum(number for roles, number in sample.items() if scan.role in roles)
        share = share_at_least(holders, sum(sample.values()))
        expected = share * (self.remaining + scan.hits_since_sample) - scan.hits_since_sample
        return expected - (scan.pages_left if scan.pages else _MIN_EXPECTED_HOLDERS)


@dataclass(slots=True)
class _Scan:
    """A role and its pages read so far."""

    role: str
    pages: int = 0  # 0: not opened
    read: int = 0
    hits: int = 0
    hits_since_sample: int = 0
    remaining: int = 0  # users not found yet after its last page
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT_PAGES))

    @property
    def pages_left(self) -> int:
        """Pages not read yet; 0 if the role was not opened."""
        return self.pages - self.read

    @property
    def finished(self) -> bool:
        return 0 < self.pages == self.read

    def hits_per_page(self, remaining: int) -> float:
        """Estimate the hits on the next page: as on the recent ones, less the users found elsewhere since."""
        if not self.recent or not self.remaining:
            return 0.0
        return min(remaining, sum(self.recent) / len(self.recent) * remaining / self.remaining)


def share_at_least(hits: int, number: int) -> float:
    """Return the share that `hits` in a sample of `number` prove at least: the lower end of Wilson's score interval.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not hits:
        return 0.0
    share, weight = hits / number, _MARGIN * _MARGIN / number
    return (share + weight / 2 - _MARGIN * sqrt((share * (1 - share) + weight / 4) / number)) / (1 + weight)


def theoretical_minimum(pages: Mapping[str, int], users: Iterable[Collection[str]]) -> int:
    """Return the fewest requests with perfect knowledge: the best set of roles read in full, and look-ups of the rest.

    Args:
        pages: how many pages each role has that could be read.
        users: the roles of each wanted user; empty for a user not in Studio.

    Returns:
        The minimum, over all sets of roles, of their pages plus one request for each user who holds none of them.
    """
    number_by_roles = Counter(frozenset(roles).intersection(pages) for roles in users)
    sets = chain.from_iterable(combinations(pages, size) for size in range(len(pages) + 1))
    return min(
        sum(pages[role] for role in chosen)
        + sum(number for roles, number in number_by_roles.items() if roles.isdisjoint(chosen))
        for chosen in sets
    )
