"""The cast has every awkward thing, and the sample list fits it."""

import csv
from collections import Counter

from rolesync.sandbox.sample_people import CAST, OWNER
from tests.paths import SAMPLE


def test_every_peculiarity_has_an_example_person() -> None:
    emails = [person.email for person in CAST]
    shared = [email for email, number in Counter((email or "").lower() for email in emails).items() if number > 1]
    ids = [person.id for person in CAST]
    assert len(CAST) == 24
    assert ids == sorted(set(ids))
    assert max(ids) > 2**32
    assert "sam.porter@example.edu" in shared
    assert (None in emails, "" in emails, "nbergmann2" in emails) == (True, True, True)
    assert [person.full_name for person in CAST if not person.email_given] == ["Test Student"]
    assert any(not person.full_name.isascii() for person in CAST)
    assert any(email and "+" in email for email in emails)
    assert any(email and "'" in email for email in emails)
    assert any(email and email != email.lower() for email in emails)
    assert {role for person in CAST for role in person.roles} == {
        "Admin", "Subaccount admin", "Teacher", "Student", "Observer",
    }  # fmt: skip


def test_the_sample_list_adds_four_and_removes_two_of_ten_admins() -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["email", "role", "note"]
    wanted = {row["email"].lower() for row in rows if row["role"] == "Admin"}
    there = {person.email.lower(): person for person in CAST if person.email}
    holders = {email for email, person in there.items() if "Admin" in person.roles}
    assert len(holders) == 10
    assert sorted(holders - wanted) == ["beatriz.lima@example.edu", "greg.stone@example.edu"]
    assert sorted((wanted & set(there)) - holders) == [
        "daniel.adeyemi@example.edu",
        "fatima.elamrani@example.edu",
        "ingrid.solberg@example.edu",
        "omar.haddad@example.edu",
    ]
    assert wanted - set(there) == {"lucia.moreno@example.edu"}
    assert OWNER in wanted
    assert [row["role"] for row in rows if row["role"] != "Admin"] == ["Teacher"]
    assert any(row["email"] != row["email"].lower() for row in rows)
