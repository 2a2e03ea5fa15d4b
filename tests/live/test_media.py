"""Reading people's media: whole, at once, bounded, and no number where Studio's answers don't add up."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from rolesync.errors import RateLimitedError, UnauthorizedError
from rolesync.live import media
from rolesync.live.media import read_impact
from rolesync.live.pages import READS
from rolesync.model.frames import IMPACT, require
from rolesync.model.live import ReadStep, Requests
from rolesync.model.vocabulary import Completeness, ReadMethod
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import Answering, Asked, Naps, Say, ScriptedStudio, client_of

GREG, BEATRIZ, NOBODY = 1031, 1040, 999_999


def untold(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def medium(number: int, owner: int | None = 7, **others: object) -> dict[str, object]:
    made = f"2024-05-{number % 28 + 1:02}T10:00:00Z"
    cells: dict[str, object] = {"id": number, "owner": {"id": owner}, "size": 10, "duration": 2.0, "created_at": made}
    return cells | others


def pages(*lists: list[dict[str, object]], total: int | None = None, last: int | None = None) -> Callable[[Asked], Say]:
    """Serve these pages, whoever asks."""
    number = sum(map(len, lists)) if total is None else total

    def answer(asked: Asked) -> Say:
        at = int(asked.query["page"])
        listed = lists[at - 1] if at <= len(lists) else []
        meta = {"current_page": at, "last_page": len(lists) if last is None else last, "total_count": number}
        return Say(body={"media": listed, "meta": meta})

    return answer


def read(answer: Answering, *user_ids: int, **connection: Any) -> tuple[pd.DataFrame, Requests, list[Asked]]:
    with ScriptedStudio(answer) as studio, client_of(studio.base_url, Naps(), attempts=2, **connection) as client:
        table, requests = read_impact(StudioReader(client), user_ids or (7,), untold)
    assert requests.total == len(studio.asked)
    return require(table, IMPACT), requests, studio.asked


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]  # its columns are texts


def test_the_sandbox_agrees_with_what_it_holds() -> None:
    told: list[tuple[str, int, int]] = []
    with Sandbox(Options()) as sandbox, client_of(sandbox.base_url, Naps()) as client:
        studio = StudioReader(client)
        own = [one for one in studio.media(GREG).media if one.owner_id == GREG]
        client.counts.clear()
        table, requests = read_impact(studio, [BEATRIZ, GREG, GREG], lambda *step: told.append(step))
        assert sandbox.counts()["media"] == 3
    greg, beatriz = rows(table)
    assert (greg["user_id"], greg["known"], greg["owned"], greg["reachable"]) == (GREG, Completeness.ALL, 3, 4)
    assert greg["size"] == sum(one.size or 0 for one in own)
    assert greg["duration"] == round(sum(one.duration or 0 for one in own))
    assert greg["newest"] == max(one.created_at for one in own)
    assert (beatriz["user_id"], beatriz["owned"]) == (BEATRIZ, 3)
    assert requests == Requests({"media": 2}, 2, (ReadStep(ReadMethod.MEDIA, "", 2, 2, 2),))
    assert told == [("reading media", 1, 2), ("reading media", 2, 2)]


def test_nobody_takes_no_request() -> None:
    with client_of("http://127.0.0.1:9", Naps()) as client:
        table, requests = read_impact(StudioReader(client), [], untold)
    assert (len(table), requests) == (0, Requests({}))


def test_several_pages_are_read_and_others_media_only_counted() -> None:
    first = [medium(number) for number in range(1, 51)]
    table, requests, _ = read(pages(first, [medium(51), medium(52, owner=8)]), 7, 9)
    one, other = rows(table)
    assert (one["owned"], one["reachable"], one["size"], one["duration"]) == (51, 52, 510, 102)
    assert one["known"] == other["known"] == Completeness.ALL
    assert (other["owned"], other["reachable"], other["newest"]) == (0, 52, "")
    assert (requests.theoretical_minimum, requests.steps[0].of) == (4, 4)


def test_somebody_without_media() -> None:
    (row,) = rows(read(pages([], last=0))[0])
    assert (row["known"], row["owned"], row["reachable"], row["note"]) == (Completeness.ALL, 0, 0, "")


def test_who_has_too_many_is_read_in_part_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_PAGES", 2)
    lists = [[medium(number * 10 + at) for at in range(3)] for number in range(5)]
    table, requests, asked = read(pages(*lists))
    (row,) = rows(table)
    assert (row["known"], row["owned"], row["reachable"]) == (Completeness.AT_LEAST, 6, 15)
    assert row["note"] == "only the first 6 of 15 media were looked at"
    assert sorted(one.query["page"] for one in asked) == ["1", "2"]
    assert requests.steps == (ReadStep(ReadMethod.MEDIA, "", 2, 5, 1),)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (pages([medium(1), medium(1)]), "gave 2 media, 1 of them different, of 2"),
        (pages([medium(1)], total=2), "gave 1 media, 1 of them different, of 2"),
        (pages([medium(1)], total=1, last=3), "has 3 pages for 1 media"),
        (
            lambda asked: pages([medium(1)], [medium(2)], total=int(asked.query["page"]) + 1)(asked),
            "2 media on page 1, 3",
        ),
    ],
)
def test_pages_that_contradict_each_other_give_no_number(answer: Answering, said: str) -> None:
    table, requests, asked = read(answer)
    (row,) = rows(table)
    assert (row["known"], row["owned"], row["reachable"], row["size"]) == (Completeness.NOTHING, 0, 0, 0)
    assert row["note"].startswith(f"not complete after {READS} tries: the list of user 7's media ")
    assert said in row["note"]
    assert requests.steps[0].people == 0
    assert len(asked) in {READS, 2 * READS}


def test_a_part_that_contradicts_itself_gives_none_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MOST_PAGES", 2)
    (row,) = rows(read(pages([medium(1)], [medium(1)], [medium(3)]))[0])
    assert (row["known"], "gave 2 media, 1 of them different, of 3" in row["note"]) == (Completeness.NOTHING, True)
    (row,) = rows(read(pages([medium(1), medium(2)], [medium(3)], [], last=3, total=3))[0])
    assert "gave 3 media, 3 of them different, of 3" in row["note"]


def test_a_list_that_moved_once_is_read_again() -> None:
    left = ["moved"]

    def answer(asked: Asked) -> Say:
        return pages([medium(1)], total=2 if left and left.pop() else 1)(asked)

    table, requests, _ = read(answer)
    assert [row["known"] for row in rows(table)] == [Completeness.ALL]
    assert (requests.total, requests.theoretical_minimum) == (2, 1)


def test_a_number_that_nobody_can_have_is_no_number() -> None:
    (row,) = rows(read(pages([medium(1)], total=10**30, last=10**29))[0])
    assert (row["known"], row["note"]) == (Completeness.NOTHING, "the list of user 7's media says that they are 1e+30")


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_a_refusal_of_one_person_is_said_and_no_further_page_is_asked_for(status: int) -> None:
    def answer(asked: Asked) -> Say:
        if "/users/7/" in asked.path:
            return Say(status, {"error": "not these"})
        return pages([medium(1, 8)], [medium(2, 8)])(asked)

    table, requests, _ = read(answer, 7, 8)
    refused, known = rows(table)
    assert refused["known"] == Completeness.NOTHING
    assert f"Studio answered {status} (not these)" in refused["note"]
    assert (known["known"], known["owned"]) == (Completeness.ALL, 2)
    assert (requests.theoretical_minimum, requests.steps[0].people) == (3, 1)


def test_an_answer_that_can_not_be_read_is_one_persons_matter() -> None:
    (row,) = rows(read(lambda _: Say(body={"media": [{"id": "x"}], "meta": {}}))[0])
    assert (row["known"], "a medium without an id" in row["note"]) == (Completeness.NOTHING, True)


def test_a_later_page_that_fails_takes_the_numbers_of_the_earlier_ones_with_it() -> None:
    def answer(asked: Asked) -> Say:
        return Say(403) if asked.query["page"] == "2" else pages(*([medium(n)] for n in range(1, 30)))(asked)

    table, _, asked = read(answer, concurrency=1)
    (row,) = rows(table)
    assert (row["known"], row["owned"]) == (Completeness.NOTHING, 0)
    assert len(asked) < 29  # those that had not begun when it failed never did


@pytest.mark.parametrize(("status", "error"), [(401, UnauthorizedError), (429, RateLimitedError)])
def test_what_would_fail_for_everybody_fails(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(lambda _: Say(status))
