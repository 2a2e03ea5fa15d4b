from pathlib import Path

import pytest

from rolesync.migrate.recipe import Recipe
from rolesync.migrate.similar_users import Candidate, Suggestion
from rolesync.report.terminal.migration import SHOWN, migration_view
from tests.migrate.sources import run
from tests.report.samples import HOSTILE
from tests.report.terminal.screen import flat, show

A, B = "a@x.edu", "b@x.edu"


def test_a_complete_migration_counts_users_and_cells(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role,note\n{A},Admin,x\n{B},Admin,\n"}, Recipe())
    text = flat(migration_view(migration, None, ["The list: l.csv"]))
    assert "COMPLETE every cell is accounted for" in text
    assert "Admin 2 users Cells" in text
    assert f"all {len(migration.ledger)}" in text
    assert "ignored column unused" in text
    assert text.endswith("The list: l.csv")
    assert "Not in Studio" not in text


def test_refused_cells_are_named_and_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"nobody{number},Admin\n" for number in range(SHOWN + 5))
    migration = run(Path(), {"s.csv": f"email,role\n{A},Admin\n{rows}"}, Recipe())
    text = flat(migration_view(migration, None, []))
    assert f"INCOMPLETE {SHOWN + 5} cells refused, so {SHOWN + 5} rows left out" in text
    assert "Refused cell reason" in text
    assert "s.csv A3" in text
    assert "… and 5 more cells; `--all` or `--account FILE` shows all." in text
    assert "more cells" not in flat(migration_view(migration, None, [], show_all=True))


def test_a_list_without_roles_is_empty(tmp_path: Path) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Student\n"}, Recipe())
    assert "EMPTY no user gets a managed role" in flat(migration_view(migration, None, []))


@pytest.mark.parametrize("width", [40, 80])
def test_users_who_are_not_in_studio_come_with_suggestions(tmp_path: Path, width: int) -> None:
    migration = run(tmp_path, {"s.csv": f"email,role\n{A},Admin\n"}, Recipe())
    (missing,) = migration.assignments
    for text in HOSTILE:
        suggestion = Suggestion(missing, (Candidate(7, text, text, "the name is similar"),))
        assert show(migration_view(migration, [suggestion], []), width)
    text = flat(migration_view(migration, [Suggestion(missing, (Candidate(7, B, "Bo", "the name is similar"),))], []))
    assert "Not in Studio: 1" in text
    assert f"perhaps Bo <{B}> #7: the name is similar" in text
    assert "Suggestions are not applied." in text
