"""Jobs and results survive their way between the processes."""

import json

import pytest

from rolesync.fleet.worker_protocol import decode_answer, decode_job, decode_result, encode_job, result_json
from rolesync.model.fleet import AccountStatus, RecordHead
from rolesync.model.runs import RoleChanges
from tests.fleet.tools import job, plan, result


def test_a_job_is_one_line_and_reads_back() -> None:
    head = RecordHead(3, "f" * 64)
    sent = job(values={"managed_roles": ["Admin"], "timeout": 2.5}, list_path="a\nb.csv", head=head, attempt=2)
    line = encode_job(sent)
    assert line.count("\n") == 1
    assert decode_job(line) == sent


def test_results_of_other_versions_read_back() -> None:
    full = result("north", plan=plan(additions=2), requests=3, changes=(RoleChanges("Admin", 2, 0, 2, 0),))
    fields = result_json(full)
    old = {name: fields[name] for name in ("account", "status", "message", "hint", "run", "counts", "plan", "head")}
    assert decode_result(old) == result("north", plan=plan(additions=2))
    assert decode_result(old).role_changes == (RoleChanges("", 2, 0, 2, 0),)
    assert decode_result({**fields, "unknown": 1}) == full


@pytest.mark.parametrize(
    "damage",
    [{"attempt": "twice"}, {"status": "fine"}, {"account": 3}, {"plan": {"digest": "d"}}, {"head": {"seq": 1}}],
)
def test_a_damaged_result_is_none(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        decode_result({**result_json(result("north")), **damage})


def test_an_answer_is_of_the_account_that_was_asked_for() -> None:
    answer = result_json(result("north", attempt=7))
    assert decode_answer(answer, job("north", attempt=2)).attempt == 2
    with pytest.raises(ValueError, match="another account"):
        decode_answer(answer, job("south"))


def test_a_result_reads_back() -> None:
    full = result(
        "north",
        AccountStatus.BLOCKED,
        message="é",
        counts={"done": 1},
        plan=plan(guards=("owner",)),
        head=RecordHead(1, "a" * 64),
    )
    assert decode_result(json.loads(json.dumps(result_json(full)))) == full
    assert decode_result(result_json(result("north"))) == result("north")
