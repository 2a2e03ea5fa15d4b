"""Finds users whose roles are unknown, by the steps that `strategy` decides on.

A user seen on a page is found. A user seen on none is looked up one by one. A role that is
read in part, changes during the read or can't be searched for only costs requests: no user is missed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rolesync.errors import BadRequestError, IncompleteReadError, UnprocessableError
from rolesync.live.consistency import READS, InconsistentPagesError, PageCheck
from rolesync.live.read_users import LiveUsers, RolePage, look_up, page_of_role, search_for
from rolesync.live.strategy import ReadPages, SearchOneByOne, SearchStrategy, theoretical_minimum
from rolesync.model.keys import email_key, email_spellings, parse_roles
from rolesync.model.live import Progress, ReadStep
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import StudioReader

Key = str | int
"""A user as the list names them: an address normalised by `email_key`, or an id."""

_UNSEARCHABLE = (BadRequestError, UnprocessableError)  # how Studio may refuse to search for a role


@dataclass(frozen=True, slots=True)
class FoundUsers:
    """The users that were found, the steps taken, and the fewest requests that could have found them.

    `refusals` are Studio's answers by the address for which it refused to search.
    """

    users: LiveUsers
    steps: tuple[ReadStep, ...]
    theoretical_minimum: int
    refusals: Mapping[str, str]


def find_users(  # noqa: PLR0913  # each is a separate input of the search
    studio: StudioReader,
    keys: Sequence[Key],
    roles: Sequence[str],
    *,
    listed_keys: Callable[[], set[Key]],
    check: Callable[[LiveUsers], None],
    progress: Progress,
) -> FoundUsers:
    """Find users in about the fewest requests.

    Args:
        studio: where to look.
        keys: the users to find, each once.
        roles: the roles whose pages may be read, likeliest first; empty for one request a user.
        listed_keys: returns all users of the list, found already or not: a second account with a listed address is
            also kept.
        check: called with all users that are seen.
        progress: called after each answer.

    Raises:
        StudioError: Studio refused or can't be reached.
    """
    search = _Search(studio, keys, listed_keys, check)
    strategy = SearchStrategy(len(keys), roles, studio.client.connection.concurrency)
    while (step := strategy.next_step()) is not None:
        for _ in search.look_up(step, strategy) if isinstance(step, SearchOneByOne) else search.read(step, strategy):
            progress("looking up users", len(keys) - len(search.remaining), len(keys))
    return search.result()


@dataclass(slots=True)
class _RoleScan:
    """The pages of one role read so far: the listed users on them, and the keys of those that were wanted."""

    check: PageCheck
    users: LiveUsers = field(default_factory=LiveUsers)
    keys: list[Key] = field(default_factory=list)


class _Search:
    """Carries out the steps; keeps the users found, and the keys that remain to be found."""

    def __init__(
        self,
        studio: StudioReader,
        keys: Sequence[Key],
        listed_keys: Callable[[], set[Key]],
        check: Callable[[LiveUsers], None],
    ) -> None:
        self.remaining = dict.fromkeys(keys)
        self._studio = studio
        self._make_listed_keys = listed_keys
        self._check = check
        self._scans: dict[str, _RoleScan] = {}
        self._inconsistent: dict[str, int] = {}  # by role: how many scans contradicted themselves
        self._looked_up = LiveUsers()
        self._requests = self._hits = 0  # look-ups, and how many of them found a user
        self._searched = 0  # addresses that were searched for
        self._refusals: dict[str, str] = {}  # by address: the answer to a search that Studio refused
        self._roles_of: dict[Key, frozenset[str]] = {}  # the roles of each wanted user; empty if not in Studio

    @cached_property
    def _listed_keys(self) -> set[Key]:
        """All users of the list, made only if pages are read: there may be a million."""
        return self._make_listed_keys()

    def look_up(self, step: SearchOneByOne, strategy: SearchStrategy) -> Iterator[None]:
        """Look up some of the remaining users one by one, spread evenly over all of them."""
        remaining = list(self.remaining)
        keys = [remaining[at * len(remaining) // step.users] for at in range(step.users)]
        for key, users in zip(
            keys, self._studio.client.each(lambda key: look_up(self._studio, key), keys), strict=True
        ):
            self._check(users)
            self._looked_up.extend(users)
            self._requests += len(email_spellings(key)) if isinstance(key, str) else 1
            self._hits += bool(users.ids)
            if isinstance(key, str):
                self._searched += 1
                self._refusals |= {key: users.refusal} if users.refusal else {}
            self._roles_of[key] = frozenset(name for roles in users.roles for name in parse_roles(roles))
            del self.remaining[key]
            yield
        strategy.note_lookups(self._roles_of[key] for key in keys)

    def read(self, step: ReadPages, strategy: SearchStrategy) -> Iterator[None]:
        """Read some pages of a role, and look for wanted users on them."""
        role, pages = step.role, list[RolePage]()
        scan = self._scans.setdefault(role, _RoleScan(PageCheck(search_for(role))))
        try:
            for page in self._studio.client.each(lambda number: page_of_role(self._studio, role, number), step.numbers):
                scan.check.add(page)
                pages.append(page)
        except InconsistentPagesError:
            self._forget(role)
            self._inconsistent[role] = self._inconsistent.get(role, 0) + 1
            (strategy.restart if self._inconsistent[role] < READS else strategy.give_up)(role)
            return
        except _UNSEARCHABLE:
            self._forget(role)
            strategy.give_up(role)
            return
        for page in pages:
            self._check(page.users)
            strategy.note_page(role, scan.check.pages, self._keep_listed(scan, page.users))
            yield

    def _keep_listed(self, scan: _RoleScan, users: LiveUsers) -> int:
        """Keep the users whom the list names; returns how many of the remaining ones they are."""
        before = len(self.remaining)
        for user_id, email, name, roles in zip(users.ids, users.emails, users.names, users.roles, strict=True):
            keys = self._listed_keys.intersection((user_id, email_key(email)))
            if keys:
                scan.users.add(user_id, email, name, roles)
            for key in keys & self.remaining.keys():
                del self.remaining[key]
                scan.keys.append(key)
                self._roles_of[key] = frozenset(parse_roles(roles))
        return before - len(self.remaining)

    def _forget(self, role: str) -> None:
        """Discard the scan of a role; the users it found must be found again."""
        self.remaining.update(dict.fromkeys(self._scans.pop(role).keys))

    def result(self) -> FoundUsers:
        """Collect the users found, and the steps taken.

        Raises:
            IncompleteReadError: Studio refused every search for an address, so no user is known to be missing.
        """
        if len(self._refusals) == self._searched > 1:  # a single address may be impossible
            first = next(iter(self._refusals.values()))
            raise IncompleteReadError(
                f"Studio refused all {self._searched:,} searches for an address, the first with: {first}",
                hint="nobody knows whether these users are in Studio; try again later, and check base_url",
            )
        users = LiveUsers()
        for part in (*(scan.users for scan in self._scans.values()), self._looked_up):
            users.extend(part)
        steps = [
            ReadStep(ReadMethod.SCAN, role, scan.check.read, scan.check.pages, len(scan.keys))
            for role, scan in self._scans.items()
        ]
        if self._requests:
            steps.append(ReadStep(ReadMethod.ONE_BY_ONE, "", self._requests, self._requests, self._hits))
        pages = {role: scan.check.pages for role, scan in self._scans.items()}
        requests = sum(step.requests for step in steps)
        minimum = min(requests, theoretical_minimum(pages, self._roles_of.values()))
        return FoundUsers(users, tuple(steps), minimum, self._refusals)
