"""The checks of init against a sandbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import InputRefusedError, StudioError, UnauthorizedError, UsageError
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.context import Context
from rolesync.workflows.init_checks import (
    accepted_scheme,
    check_roles_exist,
    check_studio_answers,
    count_roles,
    describe_list,
    describe_owner,
)
from tests.paths import SAMPLE

Sandboxes = Callable[[Options], Sandbox]


def context(studio: Sandbox, tmp_path: Path, **settings: Any) -> Context:
    values: dict[str, Any] = {"token": studio.token, **settings}
    return Context(load(from_file=False, base_url=studio.base_url, state_dir=tmp_path, attempts=1, **values))


def test_whether_studio_answers_shows_without_a_token(sandboxes: Sandboxes, tmp_path: Path) -> None:
    check_studio_answers(context(sandboxes(Options()), tmp_path, token="none"))
    check_studio_answers(context(sandboxes(Options()), tmp_path))
    nothing = Context(load(from_file=False, base_url="http://127.0.0.1:9", token="t", attempts=1))
    with pytest.raises(StudioError, match=r"no Studio answers at http://127\.0\.0\.1:9"):
        check_studio_answers(nothing)


def test_a_key_is_tried_without_the_word_bearer(sandboxes: Sandboxes, tmp_path: Path) -> None:
    studio = sandboxes(Options())
    scheme, holders = accepted_scheme(lambda scheme: context(studio, tmp_path, auth_scheme=scheme))
    assert (scheme, holders) == ("Bearer", 10)
    with pytest.raises(UnauthorizedError, match="doesn't accept this token"):
        accepted_scheme(lambda scheme: context(studio, tmp_path, token="wrong", auth_scheme=scheme))


def test_the_owner_is_described(sandboxes: Sandboxes, tmp_path: Path) -> None:
    here = context(sandboxes(Options()), tmp_path)
    assert "<admin@example.edu>" in describe_owner("admin@example.edu", here)
    assert "Admin" in describe_owner("admin@example.edu", here)
    for unknown in ("nobody@example.edu", "999999"):
        with pytest.raises(UsageError, match=f"no user of Studio is {unknown}"):
            describe_owner(unknown, here)


def test_roles_are_counted_and_unknown_ones_refused(sandboxes: Sandboxes, tmp_path: Path) -> None:
    here = context(sandboxes(Options()), tmp_path)
    known = count_roles(here)
    assert known["Admin"] == 10
    check_roles_exist(["Admin", "Teacher"], known, here)
    check_roles_exist(["Admin"], {}, here)  # the description couldn't be read, and somebody holds it
    with pytest.raises(UsageError, match=r"'Admn': did you mean Admin\?") as caught:
        check_roles_exist(["Admn"], known, here)
    assert "Teacher" in caught.value.hint
    with pytest.raises(UsageError, match="at least one role"):
        check_roles_exist([], known, here)
    assert count_roles(context(sandboxes(Options()), tmp_path, token="wrong")) == {}


def test_a_list_is_described_with_its_findings(sandboxes: Sandboxes, tmp_path: Path) -> None:
    here = context(sandboxes(Options()), tmp_path)
    lines = describe_list(SAMPLE, here)
    assert "Admin for 13 users" in lines[0]
    assert any("warning" in line and "Teacher" in line for line in lines)
    bad = tmp_path / "bad.csv"
    bad.write_text("email,role\nnobody,Admin\n", encoding="utf-8")
    with pytest.raises(InputRefusedError, match=r"bad\.csv can't be used") as caught:
        describe_list(bad, here)
    assert "rolesync validate" in caught.value.hint
    many = tmp_path / "many.csv"
    rows = "".join(f"p{number}@example.edu,Role {number}\n" for number in range(9))
    many.write_text(f"email,role\n{rows}ann@example.edu,Admin\n", encoding="utf-8")
    assert "more: rolesync validate" in describe_list(many, here)[-1]
