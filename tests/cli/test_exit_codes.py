"""The exit code of each end."""

import sys
from dataclasses import replace

import pytest

from rolesync.cli.exit_codes import EXIT_CODES, exit_code_of
from rolesync.errors import Exit
from rolesync.model.runs import Proof
from tests.command import Shell
from tests.report.samples import failed_run, make_run

DIFFERS = Proof({"Admin": 10}, ("#31 lacks Admin",))


def test_every_exit_code_is_in_the_help_also_without_the_script(sh: Shell) -> None:
    helped = sh.call(sys.executable, "-m", "rolesync", "--help")
    assert helped.returncode == 0
    words = helped.stdout.replace(",", " ").split()
    assert {"0", "1", "2", "3", "4", "5", "6", "7", "64", "130"} <= set(words)


def test_the_help_explains_every_code_once() -> None:
    assert list(EXIT_CODES) == sorted(Exit)


@pytest.mark.parametrize("proof", [None, DIFFERS])
def test_only_a_run_that_is_done_and_proven_ends_with_0(proof: Proof | None) -> None:
    assert exit_code_of(make_run()) is Exit.DONE
    assert exit_code_of(make_run(proof=proof)) is Exit.INCOMPLETE
    assert exit_code_of(failed_run()) is Exit.INCOMPLETE


def test_a_run_that_studio_stopped_before_its_end_has_the_code_of_studio() -> None:
    assert exit_code_of(replace(failed_run(), stopped="503 from PUT /users/roles")) is Exit.STUDIO
    proof_failed = replace(make_run(proof=None), stopped="503 from GET /users/search")
    assert exit_code_of(proof_failed) is Exit.INCOMPLETE  # every change was done
