"""Finding people of whom nobody knows which roles they have, by the steps that `lookup` decides on.

Whoever is seen on a page counts as found. Whoever isn't, on however many pages, is asked for one by one, so that a role
that is left half-way, changes while it is read or can't be searched for costs requests and never a person.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rolesync.errors import BadRequestError, NotFoundError, UnprocessableError
from rolesync.live.pages import (
    READS,
    InconsistentPagesError,
    LiveUsers,
    PageCheck,
    RolePage,
    look_up,
    page_of_role,
    search_for,
)
from rolesync.live.strategy import ReadPages, SearchOneByOne, SearchStrategy, theoretical_minimum
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Progress, ReadStep
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import StudioReader

Key = str | int
"""A person as the list names them: an `email_key` or an id."""

NO_ROLE = (BadRequestError, NotFoundError, UnprocessableError)  # what Studio may call a role that it can't search for


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found, in which ways, and the fewest requests for it by all that was seen."""

    people: LiveUsers
    ways: tuple[ReadStep, ...]
    theoretical_minimum: int


def find_unseen(  # noqa: PLR0913  # each is another thing to know
    studio: StudioReader,
    unknown: Sequence[Key],
    roles: Sequence[str],
    *,
    asked: Callable[[], set[Key]],
    check: Callable[[LiveUsers], None],
    progress: Progress,
) -> Found:
    """Find people in about the fewest requests.

    Args:
        studio: where to look.
        unknown: whom to find, each once.
        roles: the roles that may be read for it, likeliest first; none for one request a person.
        asked: gives everybody the list names, found already or not: another account of such an address is kept, too.
        check: is given everybody who is seen.
        progress: told after each answer.

    Raises:
        StudioError: Studio refused or can't be reached.
    """
    finder = _Finder(studio, unknown, asked, check)
    weighing = SearchStrategy(len(unknown), roles, studio.client.connection.concurrency)
    while (step := weighing.step()) is not None:
        for _ in finder.ask(step, weighing) if isinstance(step, SearchOneByOne) else finder.read(step, weighing):
            progress("looking people up", len(unknown) - len(finder.left), len(unknown))
    return finder.result()


@dataclass(slots=True)
class _Role:
    """What one role has given."""

    tally: PageCheck
    people: LiveUsers = field(default_factory=LiveUsers)
    keys: list[Key] = field(default_factory=list)  # of those who were to be found


class _Finder:
    """Carries steps out, and keeps who is left and who was found."""

    def __init__(
        self,
        studio: StudioReader,
        unknown: Sequence[Key],
        asked: Callable[[], set[Key]],
        check: Callable[[LiveUsers], None],
    ) -> None:
        self.left = dict.fromkeys(unknown)
        self._studio = studio
        self._give_asked = asked
        self._check = check
        self._roles: dict[str, _Role] = {}
        self._moved: dict[str, int] = {}  # how often each role was read in vain
        self._people = LiveUsers()  # who was asked for one by one
        self._requests = self._hits = 0  # spent on them, and of how many something was found
        self._held: dict[Key, frozenset[str]] = {}  # the roles of everybody who was to be found

    @cached_property
    def _asked(self) -> set[Key]:
        """Everybody the list names: only those who read pages need to know, and there may be a million."""
        return self._give_asked()

    def ask(self, step: SearchOneByOne, weighing: SearchStrategy) -> Iterator[None]:
        """Ask for some of the people left one by one, evenly taken from all of them."""
        left = list(self.left)
        keys = [left[at * len(left) // step.people] for at in range(step.people)]
        for key, found in zip(
            keys, self._studio.client.each(lambda key: look_up(self._studio, key), keys), strict=True
        ):
            self._check(found)
            self._people.extend(found)
            self._requests += 1
            self._hits += bool(found.ids)
            self._held[key] = frozenset(name for roles in found.roles for name in parse_roles(roles))
            del self.left[key]
            yield
        weighing.asked(self._held[key] for key in keys)

    def read(self, step: ReadPages, weighing: SearchStrategy) -> Iterator[None]:
        """Read some pages of a role, and see who is on them."""
        name, pages = step.role, list[RolePage]()
        role = self._roles.setdefault(name, _Role(PageCheck(search_for(name))))
        try:
            for page in self._studio.client.each(lambda number: page_of_role(self._studio, name, number), step.numbers):
                role.tally.add(page)
                pages.append(page)
        except InconsistentPagesError:
            self._forget(name)
            self._moved[name] = self._moved.get(name, 0) + 1
            (weighing.again if self._moved[name] < READS else weighing.give_up)(name)
            return
        except NO_ROLE:
            self._forget(name)
            weighing.give_up(name)
            return
        for page in pages:
            self._check(page.people)
            weighing.page(name, role.tally.pages, self._see(role, page.people))
            yield

    def _see(self, role: _Role, seen: LiveUsers) -> int:
        """Keep whoever the list names; returns how many of those left they are."""
        before = len(self.left)
        for user_id, email, name, roles in zip(seen.ids, seen.emails, seen.names, seen.roles, strict=True):
            keys = self._asked.intersection((user_id, email_key(email)))
            if keys:
                role.people.add(user_id, email, name, roles)
            for key in keys & self.left.keys():
                del self.left[key]
                role.keys.append(key)
                self._held[key] = frozenset(parse_roles(roles))
        return before - len(self.left)

    def _forget(self, name: str) -> None:
        """Let everybody whom a role has given be looked for again."""
        self.left.update(dict.fromkeys(self._roles.pop(name).keys))

    def result(self) -> Found:
        """Put together what was found."""
        people = LiveUsers()
        for part in (*(role.people for role in self._roles.values()), self._people):
            people.extend(part)
        ways = [
            ReadStep(ReadMethod.SCAN, name, role.tally.read, role.tally.pages, len(role.keys))
            for name, role in self._roles.items()
        ]
        if self._requests:
            ways.append(ReadStep(ReadMethod.ONE_BY_ONE, "", self._requests, self._requests, self._hits))
        known = {name: role.tally.pages for name, role in self._roles.items()}
        taken = sum(way.requests for way in ways)
        return Found(people, tuple(ways), min(taken, theoretical_minimum(known, self._held.values())))
