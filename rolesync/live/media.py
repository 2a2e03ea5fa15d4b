"""Reads the media of users, page by page, and counts them only if all pages agree.

No change of a role depends on media. So an error for one user becomes a note about that user, and fails nothing else.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import pandas as pd

from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ServerError,
    StudioError,
    UnprocessableError,
    UnreadableAnswerError,
)
from rolesync.live.consistency import READS, InconsistentPagesError, PageCheck, attempts
from rolesync.live.impact import MediaTotals, impact_of, unknown_impact
from rolesync.model.live import Progress, ReadStep, Requests
from rolesync.model.vocabulary import ReadMethod
from rolesync.studio.users import Media, MediaPage, StudioReader

MOST_PAGES = 200
"""Maximum number of pages of one user, 10,000 media. Beyond that the exact number doesn't matter to a reviewer."""

_ERRORS_OF_ONE_USER = (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ServerError,
    UnprocessableError,
    UnreadableAnswerError,
)
"""Errors that Studio may return for the media of one user while it answers for others."""


def read_impact(studio: StudioReader, user_ids: Iterable[int], progress: Progress) -> tuple[pd.DataFrame, Requests]:
    """Read the media of these users, at most `MOST_PAGES` of each, and count them.

    Args:
        studio: where to read.
        user_ids: the users.
        progress: called after each answer.

    Returns:
        IMPACT of all users, and the requests. If Studio refuses the media of a user, or its answers contradict each
        other at every attempt, the row has a note on that instead of numbers.

    Raises:
        StudioError: Studio can't be reached, or refuses every request.
    """
    before = Counter(studio.client.counts)
    users: dict[int, _UserMedia] = {}
    unread = sorted(set(user_ids))
    for _ in islice(attempts(studio.client), READS):
        users |= _read_once(studio, unread, progress)
        unread = [user_id for user_id in unread if users[user_id].is_inconsistent]
        if not unread:
            break
    pages_read = sum(max(1, user.check.read) for user in users.values())
    pages = sum(max(1, user.check.pages) for user in users.values())
    step = ReadStep(ReadMethod.MEDIA, "", pages_read, pages, sum(not user.problem for user in users.values()))
    by_kind = Counter(studio.client.counts) - before
    requests = Requests(dict(sorted(by_kind.items())), pages_read, (step,) if users else ())
    return impact_of(user.row() for user in users.values()), requests


class _NumberedPage(NamedTuple):
    """One page of a user's media, as `AnyPage`."""

    number: int  # as requested
    current: int
    last: int
    total: int
    media: tuple[Media, ...]

    @classmethod
    def of(cls, page: MediaPage, number: int) -> "_NumberedPage":
        return cls(number, page.current_page, page.last_page, page.total_count, page.media)

    @property
    def ids(self) -> list[int]:
        return [medium.id for medium in self.media]


@dataclass(slots=True)
class _UserMedia:
    """The media of one user by one read; `problem` is why there are no numbers, "" if there are."""

    user_id: int
    check: PageCheck
    totals: MediaTotals
    problem: str = ""
    is_inconsistent: bool = False  # another read may help

    @classmethod
    def unread(cls, user_id: int) -> "_UserMedia":
        return cls(user_id, PageCheck(f"the list of user {user_id}'s media", "media"), MediaTotals(user_id))

    def further_pages(self) -> range:
        """Return the pages to read after the first."""
        return range(0) if self.problem else range(2, min(self.check.pages, MOST_PAGES) + 1)

    def add(self, page: _NumberedPage | StudioError | None) -> None:
        """Add the next page, or the error that came instead; None for a page that was not requested."""
        if self.problem or page is None:
            return
        if isinstance(page, StudioError):
            self.problem = page.message
            return
        try:
            self.check.add(page)
        except InconsistentPagesError as error:
            self.problem, self.is_inconsistent = str(error), True
            return
        self.totals.add(page.media)

    def row(self) -> dict[str, object]:
        if self.problem:
            prefix = f"not complete after {READS} tries: " if self.is_inconsistent else ""
            return unknown_impact(self.user_id, prefix + self.problem)
        return self.totals.row(self.check.total)


def _read_once(studio: StudioReader, user_ids: Iterable[int], progress: Progress) -> dict[int, _UserMedia]:
    """Read the first page of all users, which shows how many they have, then all further pages in parallel."""
    users = {user_id: _UserMedia.unread(user_id) for user_id in user_ids}

    def fetch(request: tuple[int, int]) -> tuple[int, _NumberedPage | StudioError | None]:
        user_id, number = request
        if users[user_id].problem:  # an earlier page has failed meanwhile
            return user_id, None
        try:
            return user_id, _NumberedPage.of(studio.media(user_id, number), number)
        except _ERRORS_OF_ONE_USER as error:
            return user_id, error

    def read(stage: str, requests: list[tuple[int, int]]) -> None:
        for done, (user_id, page) in enumerate(studio.client.each(fetch, requests), 1):
            users[user_id].add(page)
            progress(stage, done, len(requests))

    read("reading media", [(user_id, 1) for user_id in users])
    read("reading more media", [(user.user_id, number) for user in users.values() for number in user.further_pages()])
    return users
