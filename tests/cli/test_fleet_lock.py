"""fleet check --lock-peer: what it prints, and its exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rolesync.cli.fleet_lock import check_lock
from rolesync.cli.options import Form
from rolesync.errors import Exit
from rolesync.fleet import lock_peer
from rolesync.fleet.lock_peer import LockProof
from tests.fleet.tools import fleet_of

PROVEN = LockProof(proven=True, message="the lock excludes: b was refused while a held it")
DOUBTFUL = LockProof(proven=False, message="no other machine tried to take the lock", hint="run it on two machines")


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[LockProof]]:
    """The proofs that come next."""
    following: list[LockProof] = []
    monkeypatch.setattr(lock_peer, "prove_lock", lambda *_: following.pop(0))
    yield following
    assert following == []


def test_a_proof_is_printed_with_its_exit_code(
    tmp_path: Path, proofs: list[LockProof], capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = fleet_of(tmp_path, "a")
    proofs += [PROVEN, DOUBTFUL, PROVEN]
    assert check_lock(fleet, Form.TEXT) == Exit.DONE
    assert capsys.readouterr().out == f"PROVEN {PROVEN.message}\n"
    assert check_lock(fleet, Form.TEXT) == Exit.INCOMPLETE
    assert capsys.readouterr().out == f"NOT PROVEN {DOUBTFUL.message}\n> {DOUBTFUL.hint}\n"
    check_lock(fleet, Form.JSON)
    assert json.loads(capsys.readouterr().out)["lock_peer"]["proven"] is True
