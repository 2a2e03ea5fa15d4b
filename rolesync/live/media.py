"""What people have in Studio: their media, page by page, counted only where all pages add up.

Nothing here decides about roles. So what can't be read of one person is said of that person, and fails nothing else.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    StudioError,
    UnprocessableError,
    UnreadableAnswerError,
)
from rolesync.live.impact import MediaTotals, impact_of, unknown
from rolesync.live.pages import READS, InconsistentPagesError, PageCheck
from rolesync.model.live import Progress, ReadStep, Requests
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import Media, MediaPage, StudioReader

MOST_PAGES = 200
"""Pages of one person that are read, 10,000 media: whoever has more has too many, however many exactly."""

_OF_ONE_PERSON = (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnprocessableError,
    UnreadableAnswerError,
)
"""What Studio may answer for one person's media while it answers for others'."""

_MOST_MEDIA = 10**9
"""More than this nobody can have; a list that says so errs."""


def read_impact(studio: StudioReader, user_ids: Iterable[int], progress: Progress) -> tuple[pd.DataFrame, Requests]:
    """Read the media of these people, at most `MOST_PAGES` of each, and count them.

    Args:
        studio: where to read.
        user_ids: whose media.
        progress: told after each answer.

    Returns:
        IMPACT of everybody asked for, and what that took. Where Studio refuses somebody's media, or its answers
        contradict each other however often they are read, it says so, and no number.

    Raises:
        StudioError: Studio can't be reached, or refuses whatever it is asked.
    """
    before = Counter(studio.client.counts)
    people: dict[int, _Person] = {}
    left = sorted(set(user_ids))
    for _ in range(READS):
        people |= _read_once(studio, left, progress)
        left = [user_id for user_id in left if people[user_id].moved]
    pages = sum(max(1, one.tally.read) for one in people.values())
    of = sum(max(1, one.tally.pages) for one in people.values())
    way = ReadStep(ReadMethod.MEDIA, "", pages, of, sum(not one.why for one in people.values()))
    made = Counter(studio.client.counts) - before
    requests = Requests(dict(sorted(made.items())), pages, (way,) if people else ())
    return impact_of(one.row() for one in people.values()), requests


class _Page(NamedTuple):
    """One page of somebody's media."""

    number: int  # the one asked for
    current: int
    last: int
    total: int
    media: tuple[Media, ...]

    @property
    def ids(self) -> list[int]:
        return [medium.id for medium in self.media]


@dataclass(slots=True)
class _Person:
    """What one read has shown of one person; `why` it shows nothing, and whether another may show more."""

    user_id: int
    tally: PageCheck
    belongings: MediaTotals
    why: str = ""
    moved: bool = field(default=False)

    @classmethod
    def unread(cls, user_id: int) -> "_Person":
        return cls(user_id, PageCheck(f"the list of user {user_id}'s media", "media"), MediaTotals(user_id))

    def further(self) -> range:
        """Say which pages are to be read after the first."""
        return range(0) if self.why else range(2, min(self.tally.pages, MOST_PAGES) + 1)

    def take(self, page: _Page | StudioError | None) -> None:
        """Take the next page, or what came instead of it."""
        if self.why or page is None:
            return
        if isinstance(page, StudioError):
            self.why = page.message
            return
        if page.total > _MOST_MEDIA:
            self.why = f"the list of user {self.user_id}'s media says that they are {page.total:.3g}"
            return
        try:
            self.tally.add(page)
            if self.tally.read == MOST_PAGES < self.tally.pages:
                self.tally.hold(whole=False)
        except InconsistentPagesError as error:
            self.why, self.moved = str(error), True
            return
        self.belongings.add(page.media)

    def row(self) -> dict[str, object]:
        if self.why:
            again = f"not complete after {READS} tries: " if self.moved else ""
            return unknown(self.user_id, again + self.why)
        return self.belongings.row(self.tally.total)


def _page(page: MediaPage, number: int) -> _Page:
    return _Page(number, page.current_page, page.last_page, page.total_count, page.media)


def _read_once(studio: StudioReader, user_ids: Iterable[int], progress: Progress) -> dict[int, _Person]:
    """Read the first page of everybody, then, when it is known how many there are, all others at once."""
    people = {user_id: _Person.unread(user_id) for user_id in user_ids}

    def fetch(asked: tuple[int, int]) -> tuple[int, _Page | StudioError | None]:
        user_id, number = asked
        if people[user_id].why:  # an earlier page has failed meanwhile
            return user_id, None
        try:
            return user_id, _page(studio.media(user_id, number), number)
        except _OF_ONE_PERSON as error:
            return user_id, error

    def read(stage: str, asked: list[tuple[int, int]]) -> None:
        for done, (user_id, page) in enumerate(studio.client.each(fetch, asked), 1):
            people[user_id].take(page)
            progress(stage, done, len(asked))

    read("reading media", [(user_id, 1) for user_id in people])
    read("reading more media", [(one.user_id, number) for one in people.values() for number in one.further()])
    return people
