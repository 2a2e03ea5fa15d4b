"""The page of a review: who sees its address."""

import pytest

from rolesync.cli.review_page import check_somebody_looks, showing_address
from rolesync.errors import UsageError
from tests.cli.reviewing import planned
from tests.command import Shell


def test_a_page_is_not_served_where_nobody_sees_its_address(sh: Shell) -> None:
    planned(sh)
    completed = sh.run("review", "plan.json")
    assert (completed.returncode, "serve it all the same: --port 0" in completed.stderr) == (64, True)
    with pytest.raises(UsageError, match="waits for a reviewer") as caught:
        check_somebody_looks(None, "a table")
    assert caught.value.hint.endswith("a table")
    check_somebody_looks(0, "")


def test_the_address_is_shown_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_address(browser=False) as show:
        show("http://127.0.0.1:8000/open/key")
    assert "\n  http://127.0.0.1:8000/open/key\n" in capsys.readouterr().err
