"""The lock of an account, and what is resolved under it."""

import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolesync.errors import LockHeldError, RecordError
from rolesync.executor.lock import account_lock
from rolesync.history.event_writer import append_event
from rolesync.history.events import Recovered, SentAction
from rolesync.history.plan_events import run_start
from rolesync.history.read import read_events
from rolesync.history.request_journal import Journal
from rolesync.sandbox import Options, Sandbox
from rolesync.workflows.connect import open_account_record
from rolesync.workflows.context import Context
from rolesync.workflows.lock import lock_account
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from tests.killing import virtual_time
from tests.paths import SAMPLE
from tests.workflows.tools import settings_for


def test_a_second_run_is_refused_while_the_lock_is_held(studio: Sandbox, context: Context) -> None:
    folder = context.settings.account_dir
    with (
        account_lock(folder, run="other", command="sync", now=context.now),
        pytest.raises(LockHeldError, match="other"),
    ):
        sync_list(read_list(SAMPLE, context), context)
    assert studio.log() == []


def test_a_locked_account_knows_its_run_and_earlier_runs(context: Context) -> None:
    first = sync_list(read_list(SAMPLE, context), context)
    assert first.run is not None
    later = replace(context, now=lambda: context.now() + timedelta(seconds=1))  # ids of one second sort by chance
    with lock_account(later, "sync") as account:
        assert [run.run_id for run in account.earlier_runs.runs] == [first.run.run_id]
        assert account.run_context.command == "sync"
        assert account.run_context.run > first.run.run_id
        assert account.run_context.folder == context.settings.account_dir


@pytest.mark.skipif(os.name != "posix", reason="elsewhere open files can't be removed")
def test_a_run_whose_folder_vanishes_ends_with_a_message(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    def remove(stage: str, done: int, _total: int) -> None:
        if (stage, done) == ("applying", 2):
            shutil.rmtree(tmp_path / "state")

    settings = settings_for(studio, tmp_path / "state", chunk_size=1)
    with pytest.raises(RecordError, match="can't be written: No such file or directory") as caught:
        sync_list(read_list(SAMPLE, context), replace(context, settings=settings, progress=remove))
    assert str(settings.account_dir) in caught.value.message
    assert len(studio.log()) == 2
    assert "had sent 2 requests before, and the record doesn't show them" in caught.value.message


def test_a_killed_request_is_not_settled_by_a_read_from_before_the_run_before(tmp_path: Path) -> None:
    """A run gave the role; the next was killed before it took the role away again, and reads lag behind both."""
    clock = virtual_time()
    with Sandbox(Options(users=60), clock=clock.time) as studio:
        settings = settings_for(studio, tmp_path / "state", mode="additive")
        context = Context(
            settings,
            now=lambda: datetime.fromtimestamp(clock.time(), UTC),
            seconds=lambda: time.monotonic() + clock.waited.value,
            sleep=clock.sleep,
        )
        user = next(person for person in studio.people() if "Admin" not in person["role_names"])
        path = tmp_path / "list.csv"
        path.write_text(f"user_id,role\n{user['id']},Admin\n", encoding="utf-8")
        plan = sync_list(read_list(path, context), context).plan
        with open_account_record(context) as record:
            append_event(record, run_start(plan, "killed", "sync", ""))
            actions = [SentAction(user["id"], "remove", "Admin", "", 2)]
            Journal(record, "killed", context.seconds).log_intent(1, actions, {user["id"]: ["Admin"]})
        studio.set_faults("lag=20")
        with lock_account(context, "sync"):
            pass
        (recovered,) = read_events(settings.account_dir, [Recovered])
        assert "Admin" in (recovered.after[str(user["id"])] or ())
