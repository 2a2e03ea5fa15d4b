"""What shells complete apart from commands, options and files."""

import pytest

from rolesync.cli.complete_values import complete_setting, complete_topic
from tests.command import SAMPLE, Shell


def completions(sh: Shell, *words: str, **settings: object) -> list[str]:
    sh.variables.update(COMP_WORDS="\n".join(["rolesync", *words]), COMP_CWORD=str(len(words)))
    sh.variables["_ROLESYNC_COMPLETE"] = "complete_bash"
    try:
        completed = sh.run(**settings)
    finally:
        for name in ("COMP_WORDS", "COMP_CWORD", "_ROLESYNC_COMPLETE"):
            del sh.variables[name]
    assert (completed.returncode, completed.stderr) == (0, "")
    return completed.stdout.split()


def test_the_latest_runs_come_first(sh: Shell) -> None:
    sh.json("plan", SAMPLE)
    run = sh.json("sync", SAMPLE)["run"]["run"]
    for words in (("undo", ""), ("show", run[:6]), ("audit", "show", run)):
        assert completions(sh, *words)[0] == run
    assert completions(sh, "undo", "x") == []
    assert len(completions(sh, "undo", "")) == 2


def test_without_a_readable_record_there_are_none(sh: Shell) -> None:
    assert completions(sh, "undo", "") == []
    assert completions(sh, "undo", "", mode="wrong") == []


def test_the_managed_roles_are_completed(sh: Shell) -> None:
    roles = '["Admin", "Observer"]'
    assert completions(sh, "who", "", managed_roles=roles) == ["Admin", "Observer"]
    assert completions(sh, "who", "Ob", managed_roles=roles) == ["Observer"]
    assert completions(sh, "who", "", mode="wrong") == []


@pytest.mark.parametrize(("start", "names"), [("fir", ["first-steps"]), ("gu", ["guarantees", "guards"]), ("x", [])])
def test_topics_come_with_their_summaries(start: str, names: list[str]) -> None:
    completions = list(complete_topic(start))
    assert sorted(name for name, _ in completions) == names
    assert all(summary for _, summary in completions)


def test_settings_end_where_the_value_begins() -> None:
    assert list(complete_setting("chunk")) == ["chunk_size="]
    assert "owner=" in list(complete_setting(""))
