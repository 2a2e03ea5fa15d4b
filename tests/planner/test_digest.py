"""The digest of a plan: what changes it, and what does not."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rolesync.model.findings import Finding
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Requests
from rolesync.model.vocabulary import Level
from tests.planner.test_build import POLICY, ROWS, USERS, planned
from tests.strategies import (
    CREATED_AT,
    SOURCE,
    Row,
)


@pytest.mark.parametrize(
    "changed",
    [
        {"created_at": CREATED_AT + timedelta(days=1)},
        {"requests": Requests({"search": 3, "get": 1}, 2)},
        {"source": replace(SOURCE, path="elsewhere.csv")},
        {"source": replace(SOURCE, modified_at=CREATED_AT)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_same_situation_has_the_same_digest_tomorrow(changed: dict[str, Any]) -> None:
    assert planned(**changed).digest == planned().digest
    assert re.fullmatch("[0-9a-f]{64}", planned().digest)


@pytest.mark.parametrize(
    "changed",
    [
        {"account": "https://other.example.com"},
        {"source": replace(SOURCE, sha256="cd" * 32)},
        {"source": replace(SOURCE, listed={"Admin": 4})},
        {"verdicts": ()},
        {"findings": (Finding(Level.INFO, "odd", "looked odd", 3),)},
        {"policy": replace(POLICY, chunk_size=49)},
        {"policy": replace(POLICY, owner="bo@example.edu")},
        {"rows": ROWS[:2]},
        {"rows": (*ROWS, Row(9, "other@example.edu", 0, "Admin"))},  # one more held, no other change
        {"rows": (ROWS[0]._replace(row=7), *ROWS[1:])},
        {"users": (USERS[0]._replace(email="ann@example.org"), *USERS[1:])},
        {"users": (USERS[0]._replace(roles=frozenset({"Admin", "Teacher"})), *USERS[1:])},
    ],
)
def test_another_situation_has_another_digest(changed: dict[str, Any]) -> None:
    assert planned(**changed).digest != planned().digest


def test_a_list_that_grows_older_has_the_same_digest_until_it_is_too_old() -> None:
    policy = replace(POLICY, max_age_hours=24.0)
    young, older, too_old, ancient = (
        planned(policy=policy, baseline=GuardBaseline(age_hours=age)) for age in (1, 23, 25, 99)
    )
    assert young.verdicts != older.verdicts
    assert young.digest == older.digest
    assert too_old.status == "blocked"
    assert too_old.digest == ancient.digest != young.digest
    assert (
        planned(policy=replace(policy, max_age_hours=23.5), baseline=GuardBaseline(age_hours=23)).digest != older.digest
    )
