"""Checks that the answers of one read agree with each other, and repeats the read if they don't."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from rolesync.errors import IncompleteReadError

READS = 3  # attempts in all, before a read whose answers contradict each other is refused

Result = TypeVar("Result")


class InconsistentPagesError(Exception):
    """Answers contradict each other: roles were changed during the read, or Studio errs."""


def retry_until_consistent(what: str, read: Callable[[], Result]) -> Result:
    """Repeat a read until its answers agree with each other, at most `READS` times.

    Args:
        what: names the read in the error.
        read: raises InconsistentPagesError if its answers contradict each other.

    Raises:
        IncompleteReadError: the answers never agreed.
    """
    reason = ""
    for _ in range(READS):
        try:
            return read()
        except InconsistentPagesError as error:
            reason = str(error)
    raise IncompleteReadError(
        f"{what} is not complete after {READS} tries: {reason}",
        hint="no change can be computed from it; try again when nobody edits roles, or ask Studio's support",
    )


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
    """Compares each page of one search with the first, and all items with the reported total.

    `pages` is the number of pages, 0 until the first was added; `read` is the number of pages added.

    Args:
        what: names the search in errors.
        noun: names the items in errors.
    """

    def __init__(self, what: str, noun: str = "users") -> None:
        self.pages = 0
        self.read = 0
        self._what = what
        self._noun = noun
        self._ids: list[int] = []
        self._reported = (0, 0)  # the last page and the total of page 1, which every page must repeat

    @property
    def total(self) -> int:
        """The number of items that the pages report."""
        return self._reported[1]

    def add(self, page: AnyPage) -> None:
        """Add the next page; the last one also completes the check.

        Raises:
            InconsistentPagesError: it contradicts an earlier page, or the pages don't hold what they report.
        """
        what, noun, (last, total) = self._what, self._noun, self._reported
        if not self.read:
            if page.last > max(1, page.total):
                raise InconsistentPagesError(f"{what} has {page.last} pages for {page.total} {noun}")
            self.pages, self._reported = max(1, page.last), (page.last, page.total)
        elif (page.last, page.total) != (last, total):
            raise InconsistentPagesError(f"{what} had {total} {noun} on page 1, {page.total} on page {page.number}")
        if page.current != page.number and page.total:
            raise InconsistentPagesError(f"{what} returned page {page.current} instead of {page.number}")
        self._ids += page.ids
        self.read += 1
        if self.read == self.pages:
            self.check_items(all_pages=True)

    def check_items(self, *, all_pages: bool) -> None:
        """Compare the items with the reported total; with `all_pages`, none may be missing.

        Raises:
            InconsistentPagesError: an item came twice, or the number of items doesn't fit the total.
        """
        number, distinct, total = len(self._ids), len(set(self._ids)), self.total
        if distinct != number or (number != total if all_pages else number >= total):
            raise InconsistentPagesError(
                f"{self._what} returned {number} {self._noun} ({distinct} distinct) of {total}"
            )
