"""A reader of the output that goes away changes no exit code."""

import pytest

from tests.command import SAMPLE, Shell


@pytest.mark.parametrize("form", [(), ("--format", "json")])
@pytest.mark.parametrize(("file", "code"), [(SAMPLE, 0), ("missing.csv", 3)])
def test_a_reader_that_has_gone_changes_no_exit_code(sh: Shell, form: tuple[str, ...], file: object, code: int) -> None:
    with sh.started("validate", file, *form) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == code
    assert "Traceback" not in errors
    assert "Errno" not in errors
