"""What a list and Studio show of a user; `test_explain` shows it beside the record."""

from pathlib import Path

from rolesync.model.explanation import ListedRow
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.explain_now import read_list_and_studio


def test_a_list_alone_adds_what_it_names_the_user_by(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,user_id,role\nA@x.edu,7,Admin\nb@x.edu,,Admin\n", encoding="utf-8")
    ids, emails = set[int](), {"a@x.edu"}
    present = read_list_and_studio(Context(load(state_dir=tmp_path)), path, ids, emails, ask_studio=False)
    assert (ids, emails) == ({7}, {"a@x.edu"})
    assert present.rows(ids, emails) == (ListedRow(2, "Admin", "a@x.edu", 7),)
    assert (present.people(ids, emails), present.steps(Context(load(state_dir=tmp_path)), ids, emails)) == (None, None)
