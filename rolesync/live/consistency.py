"""Checks that the answers of one read agree with each other, and repeats the read if they don't."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from rolesync.errors import IncompleteReadError
from rolesync.live.read_after_write import pauses
from rolesync.studio.client import Client

_MOST_ITEMS = 10**9  # no search has more; a total above it is wrong
READS = 3  # attempts at a read that is not worth a long wait

Result = TypeVar("Result")


class InconsistentPagesError(Exception):
    """Answers contradict each other: roles were changed during the read, or Studio errs."""


def retry_until_consistent(subject: str, client: Client, read: Callable[[], Result]) -> Result:
    """Repeat a read until its answers agree with each other, for as long as reads may lag behind writes.

    Args:
        subject: names the read in the error.
        client: waits between the attempts.
        read: raises InconsistentPagesError if its answers contradict each other.

    Raises:
        IncompleteReadError: the answers never agreed.
    """
    contradictions: list[str] = []
    for _ in attempts(client):
        try:
            return read()
        except InconsistentPagesError as error:
            contradictions.append(str(error))
    raise IncompleteReadError(
        f"{subject} is not complete after {len(contradictions)} tries: {contradictions[-1]}",
        hint="no change can be computed from it; try again when nobody edits roles, or ask Studio's support",
    )


def attempts(client: Client) -> Iterator[None]:
    """Yield once for each attempt at a read, and wait before each further one, as long as reads may lag in all."""
    yield
    for pause in list(pauses(client.connection.settle_seconds)) or [0.0] * (READS - 1):
        client.wait(pause)
        yield


class AnyPage(Protocol):
    """A page of anything that has ids."""

    @property
    def number(self) -> int:
        """The number of the page that was requested."""

    @property
    def current(self) -> int:
        """The number that the page reports."""

    @property
    def last(self) -> int:
        """The number of pages that it reports."""

    @property
    def total(self) -> int:
        """The number of items on all pages that it reports."""

    @property
    def ids(self) -> list[int]:
        """The ids of its items."""


class PageCheck:
    """Compares each page of one search with what page 1 reports, and raises at the first page that doesn't fit.

    Every page before the last must be as full as page 1, and no item may come twice. So the pages, the total and the
    size of a page must fit each other from the start, and a read can't go on for ever.

    `pages` is the number of pages, 0 until the first was added; `read` is the number of pages added.

    Args:
        search: names the search in errors.
        noun: names the items in errors.
    """

    def __init__(self, search: str, noun: str = "users") -> None:
        self.pages = 0
        self.read = 0
        self._search = search
        self._noun = noun
        self._ids: set[int] = set()
        self._size = 0  # the number of items on page 1
        self._reported = (0, 0)  # the last page and the total of page 1, which every page must repeat

    @property
    def total(self) -> int:
        """The number of items that the pages report."""
        return self._reported[1]

    def add(self, page: AnyPage) -> None:
        """Add the next page.

        Raises:
            InconsistentPagesError: it contradicts page 1, or doesn't hold what the pages report.
        """
        search, noun, (last, total) = self._search, self._noun, self._reported
        if not self.read:
            self.pages, self._reported, self._size = max(1, page.last), (page.last, page.total), len(page.ids)
            if page.total > _MOST_ITEMS or self.pages != max(1, -(-page.total // max(1, self._size))):
                reported = f"{page.last:,} pages and {page.total:,} {noun}"
                raise InconsistentPagesError(f"{search} reports {reported}, and page 1 has {self._size:,}")
        elif (page.last, page.total) != (last, total):
            raise InconsistentPagesError(
                f"{search} had {total:,} {noun} on page 1, {page.total:,} on page {page.number}"
            )
        if page.current != page.number and page.total:
            raise InconsistentPagesError(f"{search} returned page {page.current} instead of {page.number}")
        self._ids.update(page.ids)
        self.read += 1
        number = self._size * (self.read - 1) + len(page.ids)
        expected = self.total if self.read == self.pages else self._size * self.read
        if not number == len(self._ids) == expected:
            raise InconsistentPagesError(
                f"{search} returned {number:,} {noun} ({len(self._ids):,} distinct) on {self.read:,} of "
                f"{self.pages:,} pages, where {expected:,} belong"
            )
