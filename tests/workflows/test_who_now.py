"""The access review of now: Studio beside the record."""

from collections.abc import Iterator

import pytest

from rolesync.errors import IncompleteReadError
from rolesync.history.holders_snapshot import NAME
from rolesync.model.who import Holder, HolderStatus, Origin
from rolesync.sandbox import Options, Sandbox
from rolesync.workflows import who_now
from rolesync.workflows.context import Context
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.who import review_access
from tests.audit.tools import lines, write_lines
from tests.paths import SAMPLE
from tests.workflows.tools import synced


@pytest.fixture
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


def holders(context: Context) -> dict[int, Holder]:
    return {each.user_id: each for each in review_access(context).holders}


def ids(studio: Sandbox) -> list[int]:
    return [person["id"] for person in studio.people(role="Admin")]


def test_without_a_record_the_origin_is_unknown(studio: Sandbox, context: Context) -> None:
    judged = holders(context)
    assert sorted(judged) == sorted(ids(studio))
    assert {each.evidence.origin for each in judged.values()} == {Origin.UNKNOWN}


def test_each_holder_has_the_run_or_the_reading_that_first_showed_the_role(studio: Sandbox, context: Context) -> None:
    before = set(ids(studio))
    run = synced(context)
    after = set(ids(studio))
    kept, *others = sorted(before & after)
    (new, *_), (lost, *_) = sorted(after - before), others
    student = next(each["id"] for each in studio.people() if each["id"] not in before | after)
    studio.edit_person(student, roles=["Admin"])
    studio.edit_person(lost, roles=["Teacher"])
    judged = holders(context)
    assert (judged[new].evidence.origin, judged[new].evidence.run) == (Origin.RUN, run)
    assert judged[new].evidence.row > 1
    assert judged[new].facts.source == str(SAMPLE)
    assert (judged[kept].evidence.origin, judged[kept].evidence.run) == (Origin.BEFORE_RECORD, run)
    assert (judged[student].status, judged[student].evidence.origin) == (HolderStatus.HOLDS, Origin.OTHER_HANDS)
    assert judged[student].evidence.changed_after
    assert (judged[lost].status, judged[lost].evidence.run) == (HolderStatus.LOST, "")
    assert judged[lost].email


def test_a_later_run_that_saw_it_first_is_named(studio: Sandbox, context: Context) -> None:
    synced(context)
    student = next(each["id"] for each in studio.people() if each["id"] not in ids(studio))
    lost = next(each for each in ids(studio) if each != 1002)
    studio.edit_person(student, roles=["Admin"])
    studio.edit_person(lost, roles=["Teacher"])
    plan = sync_list(read_list(SAMPLE, context), context).run
    assert plan
    (context.settings.account_dir / NAME).unlink()
    judged = holders(context)
    assert student not in judged  # the sync took the role again
    assert (judged[lost].evidence.origin, judged[lost].evidence.run) == (Origin.RUN, plan.run_id)


def test_a_read_without_most_holders_is_refused(studio: Sandbox, context: Context) -> None:
    synced(context)
    for user_id in ids(studio)[2:]:
        studio.edit_person(user_id, roles=[])
    with pytest.raises(IncompleteReadError, match="holders of Admin are gone"):
        review_access(context)


def test_a_record_that_changes_during_each_read_is_refused(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = iter(range(99))
    monkeypatch.setattr(who_now, "_head", lambda _folder: next(heads))
    with pytest.raises(IncompleteReadError, match="a run is changing roles"):
        review_access(context)


def test_a_broken_record_still_shows_the_holders(studio: Sandbox, context: Context) -> None:
    synced(context)
    folder = context.settings.account_dir
    records = lines(folder)
    write_lines(folder, [records[0].replace(b"sync", b"sink"), *records[1:]])
    review = review_access(context)
    assert review.broken
    assert sorted(each.user_id for each in review.holders) == sorted(ids(studio))
    assert {each.evidence.origin for each in review.holders} == {Origin.UNKNOWN}
