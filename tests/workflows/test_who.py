"""The access review of a day, from the record alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.model.who import HolderStatus
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.who import review_access
from tests.audit.tools import lines, write_lines
from tests.history.access_story import Story

NOW = datetime(2026, 5, 30, 9, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    settings = load(base_url="http://127.0.0.1:1", state_dir=tmp_path, managed_roles=["Admin", "Observer"])
    return Context(settings, now=lambda: NOW)


@pytest.fixture
def story(context: Context) -> Story:
    story = Story(context.settings.account_dir, 1, 2)
    story.sync("2026-05-01T02:00:00", "r01", 3)
    story.sync("2026-05-10T02:00:00", "r10", 4)
    return story


def test_a_day_is_answered_without_studio(context: Context, story: Story) -> None:
    review = review_access(context, day=(NOW - timedelta(days=25)).date())
    assert story.folder == context.settings.account_dir
    assert (review.as_of, review.roles) == ("2026-05-05", ("Admin", "Observer"))
    assert [each.user_id for each in review.holders] == [1, 2, 3]
    assert review.readings["Admin"].counted == 3
    assert review.readings["Observer"].first is None


def test_a_role_is_named_in_any_case_and_must_be_managed(context: Context, story: Story) -> None:
    assert story.saved
    assert review_access(context, " admin", NOW.date()).roles == ("Admin",)
    with pytest.raises(UsageError, match="'Teacher' is not a managed role"):
        review_access(context, "Teacher", NOW.date())


def test_the_future_is_refused(context: Context) -> None:
    with pytest.raises(UsageError, match="in the future"):
        review_access(context, day=NOW.date() + timedelta(days=1))


def test_after_a_break_nobody_is_proven(context: Context, story: Story) -> None:
    story.plan("2026-05-11T02:00:00", "p11")
    records = lines(story.folder)
    write_lines(story.folder, [*records[:-2], records[-2].replace(b'"holders"', b'"holderz"'), records[-1]])
    review = review_access(context, day=NOW.date())
    assert review.broken
    assert {each.status for each in review.holders} == {HolderStatus.UNCLEAR}
    earlier = review_access(context, day=NOW.date() - timedelta(days=25))
    assert [(each.user_id, each.status) for each in earlier.holders] == [(3, HolderStatus.HOLDS)]
