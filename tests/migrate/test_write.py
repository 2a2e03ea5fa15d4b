from pathlib import Path

from rolesync.migrate.recipe import Recipe
from rolesync.migrate.write import list_csv, sort_assignments
from rolesync.reader.read import read_desired
from tests.migrate.sources import MANAGED, TODAY, run

A, B, C = "a@x.edu", "b@x.edu", "c@x.edu"


def test_unusual_addresses_give_a_readable_list(tmp_path: Path) -> None:
    odd = [f"{sign}b@x.edu" for sign in "+-='#"]
    migration = run(tmp_path, {"s.csv": "role,email\n" + "".join(f"Admin,{email}\n" for email in odd)}, Recipe())
    refused = [(cell.text, cell.code) for _, cell in migration.ledger.refused()]
    assert refused == [(email, "email_invalid") for email in odd[2:]]
    path = tmp_path / "list.csv"
    path.write_text(list_csv(sort_assignments(migration.assignments, MANAGED)), encoding="utf-8")
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY)
    assert (desired.status, sorted(desired.assignments["email"])) == ("ok", sorted(odd[:2]))
