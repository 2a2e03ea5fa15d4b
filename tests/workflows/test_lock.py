"""The lock of an account, and what is resolved under it."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rolesync.errors import LockHeldError, RecordError
from rolesync.executor.lock import account_lock
from rolesync.sandbox import Sandbox
from rolesync.workflows.context import Context
from rolesync.workflows.lock import lock_account
from rolesync.workflows.plan import read_list
from rolesync.workflows.sync import sync_list
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
