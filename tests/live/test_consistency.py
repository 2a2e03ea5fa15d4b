"""Pages that agree are accepted, pages that contradict each other are not, and a read is repeated a few times."""

from typing import NamedTuple

import pytest

from rolesync.errors import IncompleteReadError
from rolesync.live.consistency import InconsistentPagesError, PageCheck, retry_until_consistent
from tests.servers import FakeSleep, client_of


class Page(NamedTuple):
    number: int
    current: int
    last: int
    total: int
    ids: list[int]


def check(*pages: Page) -> PageCheck:
    page_check = PageCheck("the search", "items")
    for page in pages:
        page_check.add(page)
    return page_check


def test_pages_that_agree_are_accepted() -> None:
    page_check = check(Page(1, 1, 2, 3, [1, 2]), Page(2, 2, 2, 3, [3]))
    assert (page_check.pages, page_check.read, page_check.total) == (2, 2, 3)


def test_an_empty_search_may_report_no_page_and_any_page_number() -> None:
    assert check(Page(1, 0, 0, 0, [])).pages == 1


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([Page(1, 1, 3, 1, [1])], "reports 3 pages and 1 items, and page 1 has 1"),
        ([Page(1, 1, 10**9, 10**30, list(range(50)))], f"reports {10**9:,} pages and {10**30:,} items, "),
        ([Page(1, 1, 2 * 10**28, 10**30, list(range(50)))], f"reports {2 * 10**28:,} pages and {10**30:,} items"),
        ([Page(1, 1, 3, 10, [1, 2])], "reports 3 pages and 10 items, and page 1 has 2"),
        ([Page(1, 1, 3, 10, [])], "reports 3 pages and 10 items, and page 1 has 0"),
        ([Page(1, 1, 1, 0, [1])], r"returned 1 items \(1 distinct\) on 1 of 1 pages, where 0 belong"),
        ([Page(1, 1, 2, 2, [1]), Page(2, 2, 2, 3, [2])], "had 2 items on page 1, 3 on page 2"),
        ([Page(1, 2, 1, 1, [1])], "returned page 2 instead of 1"),
        ([Page(1, 1, 1, 2, [1, 1])], r"returned 2 items \(1 distinct\) on 1 of 1 pages, where 2 belong"),
        ([Page(1, 1, 1, 2, [1])], "reports 1 pages and 2 items, and page 1 has 1"),
        ([Page(1, 1, 3, 5, [1, 2]), Page(2, 2, 3, 5, [3])], r"returned 3 items \(3 distinct\) on 2 of 3 pages"),
        ([Page(1, 1, 3, 5, [1, 2]), Page(2, 2, 3, 5, [2, 3])], r"returned 4 items \(3 distinct\) on 2 of 3 pages"),
        ([Page(1, 1, 2, 3, [1, 2]), Page(2, 2, 2, 3, [3, 4])], r"returned 4 items \(4 distinct\) on 2 of 2 pages"),
    ],
)
def test_pages_that_contradict_each_other_are_refused(pages: list[Page], message: str) -> None:
    with pytest.raises(InconsistentPagesError, match=f"the search {message}"):
        check(*pages)


@pytest.mark.parametrize(("settle_seconds", "waits"), [(60, [1, 2, 4, 8, 16, 29]), (3, [1, 2]), (0, [0, 0])])
@pytest.mark.parametrize("failures", range(8))
def test_an_inconsistent_read_is_repeated_as_long_as_reads_may_lag(
    settle_seconds: float, waits: list[float], failures: int
) -> None:
    attempts, fake_sleep = 0, FakeSleep()

    def read() -> int:
        nonlocal attempts
        attempts += 1
        if attempts <= failures:
            raise InconsistentPagesError(f"contradiction {attempts}")
        return attempts

    with client_of("http://127.0.0.1:1", fake_sleep, settle_seconds=settle_seconds) as client:
        if failures <= len(waits):
            assert retry_until_consistent("the search", client, read) == failures + 1
        else:
            most = len(waits) + 1
            message = f"the search is not complete after {most} tries: contradiction {most}"
            with pytest.raises(IncompleteReadError, match=message):
                retry_until_consistent("the search", client, read)
    assert fake_sleep.seconds == waits[:failures]
