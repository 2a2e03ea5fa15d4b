"""Reading the media of users: complete, in parallel, bounded, and without numbers if Studio's answers disagree."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from rolesync.errors import RateLimitedError, UnauthorizedError
from rolesync.live import media
from rolesync.live.consistency import READS
from rolesync.live.media import read_impact
from rolesync.model.frames import IMPACT, require
from rolesync.model.live import ReadStep, Requests
from rolesync.model.vocabulary import Completeness, ReadMethod
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio, client_of

GREG, BEATRIZ, NOBODY = 1031, 1040, 999_999


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Report no progress."""


def medium(number: int, owner: int | None = 7, **others: object) -> dict[str, object]:
    created = f"2024-05-{number % 28 + 1:02}T10:00:00Z"
    cells: dict[str, object] = {
        "id": number,
        "owner": {"id": owner},
        "size": 10,
        "duration": 2.0,
        "created_at": created,
    }
    return cells | others


def pages(
    *lists: list[dict[str, object]], total: int | None = None, last: int | None = None
) -> Callable[[ReceivedRequest], ScriptedAnswer]:
    """Serve these pages for any user."""
    number = sum(map(len, lists)) if total is None else total

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        at = int(request.query["page"])
        listed = lists[at - 1] if at <= len(lists) else []
        meta = {"current_page": at, "last_page": len(lists) if last is None else last, "total_count": number}
        return ScriptedAnswer(body={"media": listed, "meta": meta})

    return answer


def read(
    answer: RequestHandler, *user_ids: int, **connection: Any
) -> tuple[pd.DataFrame, Requests, list[ReceivedRequest]]:
    with ScriptedStudio(answer) as studio, client_of(studio.base_url, FakeSleep(), attempts=2, **connection) as client:
        table, requests = read_impact(StudioReader(client), user_ids or (7,), no_progress)
    assert requests.total == len(studio.requests)
    return require(table, IMPACT), requests, studio.requests


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]  # its column names are texts


def test_the_totals_equal_those_of_the_sandbox() -> None:
    steps: list[tuple[str, int, int]] = []
    with Sandbox(Options()) as sandbox, client_of(sandbox.base_url, FakeSleep()) as client:
        studio = StudioReader(client)
        owned = [medium for medium in studio.media(GREG).media if medium.owner_id == GREG]
        client.counts.clear()
        table, requests = read_impact(studio, [BEATRIZ, GREG, GREG], lambda *step: steps.append(step))
        assert sandbox.counts()["media"] == 3
    greg, beatriz = rows(table)
    assert (greg["user_id"], greg["known"], greg["owned"], greg["reachable"]) == (GREG, Completeness.ALL, 3, 4)
    assert greg["size"] == sum(medium.size or 0 for medium in owned)
    assert greg["duration"] == round(sum(medium.duration or 0 for medium in owned))
    assert greg["newest"] == max(medium.created_at for medium in owned)
    assert (beatriz["user_id"], beatriz["owned"]) == (BEATRIZ, 3)
    assert requests == Requests({"media": 2}, 2, (ReadStep(ReadMethod.MEDIA, "", 2, 2, 2),))
    assert steps == [("reading media", 1, 2), ("reading media", 2, 2)]


def test_no_users_take_no_request() -> None:
    with client_of("http://127.0.0.1:9", FakeSleep()) as client:
        table, requests = read_impact(StudioReader(client), [], no_progress)
    assert (len(table), requests) == (0, Requests({}))


def test_several_pages_are_read_and_media_of_others_only_counted() -> None:
    first = [medium(number) for number in range(1, 51)]
    table, requests, _ = read(pages(first, [medium(51), medium(52, owner=8)]), 7, 9)
    owner, other = rows(table)
    assert (owner["owned"], owner["reachable"], owner["size"], owner["duration"]) == (51, 52, 510, 102)
    assert owner["known"] == other["known"] == Completeness.ALL
    assert (other["owned"], other["reachable"], other["newest"]) == (0, 52, "")
    assert (requests.theoretical_minimum, requests.steps[0].of) == (4, 4)


def test_a_user_without_media_has_zero_totals() -> None:
    (row,) = rows(read(pages([], last=0))[0])
    assert (row["known"], row["owned"], row["reachable"], row["note"]) == (Completeness.ALL, 0, 0, "")


def test_a_user_with_too_many_media_is_read_in_part_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_PAGES", 2)
    lists = [[medium(number * 10 + at) for at in range(3)] for number in range(5)]
    table, requests, received = read(pages(*lists))
    (row,) = rows(table)
    assert (row["known"], row["owned"], row["reachable"]) == (Completeness.AT_LEAST, 6, 15)
    assert row["note"] == "only the first 6 of 15 media were read"
    assert sorted(request.query["page"] for request in received) == ["1", "2"]
    assert requests.steps == (ReadStep(ReadMethod.MEDIA, "", 2, 5, 1),)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (pages([medium(1), medium(1)]), "returned 2 media (1 distinct) on 1 of 1 pages"),
        (pages([medium(1)], total=2), "reports 1 pages and 2 media, and page 1 has 1"),
        (pages([medium(1)], total=1, last=3), "reports 3 pages and 1 media, and page 1 has 1"),
        (
            lambda request: pages([medium(1)], [medium(2)], total=int(request.query["page"]) + 1)(request),
            "2 media on page 1, 3",
        ),
    ],
)
def test_inconsistent_pages_give_no_numbers(answer: RequestHandler, problem: str) -> None:
    table, requests, received = read(answer)
    (row,) = rows(table)
    assert (row["known"], row["owned"], row["reachable"], row["size"]) == (Completeness.NOTHING, 0, 0, 0)
    assert row["note"].startswith(f"not complete after {READS} tries: the list of user 7's media ")
    assert problem in row["note"]
    assert requests.steps[0].people == 0
    assert len(received) in {READS, 2 * READS}


def test_an_inconsistent_part_gives_no_numbers_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_PAGES", 2)
    (row,) = rows(read(pages([medium(1)], [medium(1)], [medium(3)]))[0])
    assert (row["known"], "returned 2 media (1 distinct) on 2 of 3 pages" in row["note"]) == (
        Completeness.NOTHING,
        True,
    )
    (row,) = rows(read(pages([medium(1), medium(2)], [medium(3)], [], last=3, total=5))[0])
    assert "returned 3 media (3 distinct) on 2 of 3 pages, where 4 belong" in row["note"]


def test_a_list_that_was_inconsistent_once_is_read_again() -> None:
    remaining = ["inconsistent"]

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return pages([medium(1)], total=2 if remaining and remaining.pop() else 1)(request)

    table, requests, _ = read(answer)
    assert [row["known"] for row in rows(table)] == [Completeness.ALL]
    assert (requests.total, requests.theoretical_minimum) == (2, 1)


def test_an_impossible_total_is_refused() -> None:
    (row,) = rows(read(pages([medium(1)], total=10**30, last=10**30))[0])
    assert row["known"] == Completeness.NOTHING
    assert f"reports {10**30:,} pages and {10**30:,} media, and page 1 has 1" in row["note"]


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_a_refusal_for_one_user_becomes_a_note_and_ends_the_read_of_that_user(status: int) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if "/users/7/" in request.path:
            return ScriptedAnswer(status, {"error": "not these"})
        return pages([medium(1, 8)], [medium(2, 8)])(request)

    table, requests, _ = read(answer, 7, 8)
    refused, known = rows(table)
    assert refused["known"] == Completeness.NOTHING
    assert f"Studio answered {status} (not these)" in refused["note"]
    assert (known["known"], known["owned"]) == (Completeness.ALL, 2)
    assert (requests.theoretical_minimum, requests.steps[0].people) == (3, 1)


def test_media_that_are_not_found_become_a_note() -> None:
    (row,) = rows(read(lambda _: ScriptedAnswer(404, b"<html>Not Found</html>"))[0])
    assert (row["known"], "Studio answered 404" in row["note"]) == (Completeness.NOTHING, True)


def test_an_unreadable_answer_becomes_a_note_of_one_user() -> None:
    (row,) = rows(read(lambda _: ScriptedAnswer(body={"media": [{"id": "x"}], "meta": {}}))[0])
    assert (row["known"], 'a medium whose id is "x"' in row["note"]) == (Completeness.NOTHING, True)


def test_a_failure_of_a_later_page_discards_the_numbers_of_earlier_ones() -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return (
            ScriptedAnswer(403)
            if request.query["page"] == "2"
            else pages(*([medium(n)] for n in range(1, 30)))(request)
        )

    table, _, received = read(answer, concurrency=1)
    (row,) = rows(table)
    assert (row["known"], row["owned"]) == (Completeness.NOTHING, 0)
    assert len(received) < 29  # those that had not begun when it failed never did


@pytest.mark.parametrize(("status", "error"), [(401, UnauthorizedError), (429, RateLimitedError)])
def test_an_error_for_every_user_is_raised(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(lambda _: ScriptedAnswer(status))
