"""Secrets that are obtained during a run are hidden like those of the settings."""

import pytest
import structlog

from rolesync.log_secrets import hide, hide_only, without_secrets
from rolesync.workflows.log import configure_log


def test_a_text_with_another_one_in_it_is_hidden_as_a_whole() -> None:
    hide_only(["s3cr3t", ""])
    hide("s3cr3t-and-more", "")
    assert without_secrets("Bearer s3cr3t-and-more, s3cr3t, x") == "Bearer ***, ***, x"
    hide_only([])
    assert without_secrets("s3cr3t") == "s3cr3t"


def test_a_new_log_knows_only_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    hide("of another test")
    configure_log("info", "json", ["s3cr3t"])
    structlog.get_logger().info("of another test: s3cr3t")
    assert '"event": "of another test: ***"' in capsys.readouterr().err
