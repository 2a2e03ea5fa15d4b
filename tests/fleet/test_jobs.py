"""Jobs and results survive their way between the processes."""

import json

from rolesync.fleet.jobs import decode_job, decode_result, encode_job, result_json
from rolesync.model.fleet import AccountStatus, RecordHead
from tests.fleet.tools import job, plan, result


def test_a_job_is_one_line_and_reads_back() -> None:
    head = RecordHead(3, "f" * 64)
    sent = job(values={"managed_roles": ["Admin"], "timeout": 2.5}, list_path="a\nb.csv", head=head, attempt=2)
    line = encode_job(sent)
    assert line.count("\n") == 1
    assert decode_job(line) == sent


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
