"""Which way next, while people are looked up of whom nobody knows which roles they have: one by one, or page by page.

A search for an address, or an id, finds one person a request. A page of a role gives 50 people, of whom all, some or
none are wanted; how many pages the role has is known once the first was read, whom it holds only when all were. So each
step is decided by what the answers so far tell, and everything is weighed again after it:

- Fewer than `SHARE` people are asked for one by one, all at once: not one request is spent on finding a better way.
- A role whose last pages gave more than one wanted person each is read on. It pays as it goes.
- One page may be tried for every `SHARE` people. A role's first page is worth more than a page of one person, which
  costs the same and tells only how many there are.
- Otherwise some of the rest are asked for one by one. That is lost only if a role is read in the end that holds them,
  and they are a fair sample: it tells, with a margin, how many of the rest a role should hold, however unevenly they
  lie on its pages. If that is more than it has pages left, the role is read.

So little is lost where a guess was wrong: the pages tried, a few more of a role that gives nobody any longer, a sample.
Only a sample that misleads, as one in ten may, costs more, and that at most as many pages as it promised people.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from math import sqrt

SCANNABLE = ("Teacher", "Student", "Observer", "Admin")
"""The roles that the search is known to take, those that most people have first."""

SHARE = 20  # one page may be tried for so many people: at most 5 % on top, and nothing for a usual night's few
SAMPLE = 4  # people asked for one by one before anything is concluded; then as many again, and so on
RECENT = 8  # pages that tell whether a role pays at present
WORTH_OPENING = 10  # people that a role not opened yet must be expected to hold
NEARLY_ALL = 0.75  # a role that promises so much of the rest is read on before any other is tried
MARGIN = 1.28  # standard deviations: nine times in ten the truth is above the estimate


@dataclass(frozen=True, slots=True)
class ReadPages:
    """Read these pages of a role next, in this order."""

    role: str
    numbers: range


@dataclass(frozen=True, slots=True)
class SearchOneByOne:
    """Ask for so many of the people left next, spread over all of them."""

    people: int


class SearchStrategy:
    """Decides step by step, and is told what each came to.

    Args:
        unknown: how many people are to be found.
        roles: the roles that may be read for it, likeliest first.
        window: pages under way at once, at most.
    """

    def __init__(self, unknown: int, roles: Sequence[str], window: int) -> None:
        self.left = unknown
        self._window = window
        self._tries = unknown // SHARE
        self._scans = {role: _Scan(role) for role in roles} if self._tries else {}
        self._seen: Counter[frozenset[str]] = Counter()  # the roles of a sample of the people who are left

    def step(self) -> ReadPages | SearchOneByOne | None:
        """Say what to do next; None when everybody was found or asked for."""
        if not self.left:
            return None
        scans = [scan for scan in self._scans.values() if not scan.finished]
        paying = [scan for scan in scans if scan.rate(self.left) > 1]
        if not paying and not any(self._may_pay(scan) for scan in scans):
            return SearchOneByOne(self.left)
        best = max(paying, key=lambda scan: scan.rate(self.left), default=None)
        promise = best.rate(self.left) * best.ahead if best else 0.0
        if self._tries and promise < NEARLY_ALL * self.left:
            for scan in scans:
                if not scan.pages:
                    self._tries -= 1
                    return ReadPages(scan.role, range(1, 2))
        best = best or max(scans, key=self._gain)
        if best in paying or self._gain(best) > 0:
            return ReadPages(best.role, range(best.read + 1, best.read + 1 + self._number(best)))
        return SearchOneByOne(min(self.left, max(SAMPLE, self._seen.total())))

    def page(self, role: str, pages: int, found: int) -> None:
        """Take note of a page: how many its role has, and how many of the people left were on it."""
        scan = self._scans[role]
        self.left -= found
        scan.pages, scan.read, scan.found = pages, scan.read + 1, scan.found + found
        scan.unsampled += found
        scan.recent.append(found)
        scan.left = self.left

    def asked(self, people: Iterable[frozenset[str]]) -> None:
        """Take note of people who were asked for one by one: the roles of each, none of whoever isn't there."""
        if any(scan.unsampled for scan in self._scans.values()):
            self._seen.clear()  # they were a sample of others: many of those have been found since
            for scan in self._scans.values():
                scan.unsampled = 0
        before = self._seen.total()
        self._seen.update(people)
        self.left -= self._seen.total() - before

    def again(self, role: str) -> None:
        """Forget what a role has given: it was not to be relied on, and may be read from its first page again."""
        self.left += self._scans[role].found
        self._scans[role] = _Scan(role)

    def give_up(self, role: str) -> None:
        """Forget what a role has given, and don't read it again."""
        self.again(role)
        del self._scans[role]

    def _may_pay(self, scan: "_Scan") -> bool:
        return not scan.pages or scan.ahead < self.left

    def _number(self, scan: "_Scan") -> int:
        """Say how many pages to read at once: few while little is known, and no more than the rest will need."""
        enough = -(-self.left // max(1, max(scan.recent, default=1)))
        return max(1, min(self._window, scan.read, scan.ahead, enough))

    def _gain(self, scan: "_Scan") -> float:
        """Say how many requests reading a role to its end should save, by what the sample tells."""
        done = {scan.role for scan in self._scans.values() if scan.finished}
        sample = {roles: number for roles, number in self._seen.items() if roles.isdisjoint(done)}
        holders = sum(number for roles, number in sample.items() if scan.role in roles)
        share = at_least(holders, sum(sample.values()))
        expected = share * (self.left + scan.unsampled) - scan.unsampled
        return expected - (scan.ahead if scan.pages else WORTH_OPENING)


@dataclass(slots=True)
class _Scan:
    """A role as far as it was read."""

    role: str
    pages: int = 0  # 0: not opened
    read: int = 0
    found: int = 0
    unsampled: int = 0  # found since people were last asked for one by one
    left: int = 0  # people left after its last page
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def ahead(self) -> int:
        """Pages not read yet; 0 where nobody knows."""
        return self.pages - self.read

    @property
    def finished(self) -> bool:
        return 0 < self.pages == self.read

    def rate(self, left: int) -> float:
        """Say how many of the people left the next page should give: as the last ones, less whom others have given."""
        if not self.recent or not self.left:
            return 0.0
        return min(left, sum(self.recent) / len(self.recent) * left / self.left)


def at_least(hits: int, number: int) -> float:
    """Say what share `hits` out of a sample of `number` stand for at least (Wilson's interval, its lower end)."""
    if not hits:
        return 0.0
    share, weight = hits / number, MARGIN * MARGIN / number
    return (share + weight / 2 - MARGIN * sqrt((share * (1 - share) + weight / 4) / number)) / (1 + weight)


def theoretical_minimum(pages: Mapping[str, int], people: Iterable[Collection[str]]) -> int:
    """Count the requests of somebody who knows beforehand who holds what: the best set of roles, each read in full.

    Args:
        pages: how many each role has that could be read.
        people: the roles of each person who is to be found; none for whoever isn't there.

    Returns:
        The least, over all sets of roles, of their pages and one request for each person who holds none of them.
    """
    kinds = Counter(frozenset(roles).intersection(pages) for roles in people)
    sets = chain.from_iterable(combinations(pages, number) for number in range(len(pages) + 1))
    return min(
        sum(pages[role] for role in chosen) + sum(number for roles, number in kinds.items() if roles.isdisjoint(chosen))
        for chosen in sets
    )
