import ast
import errno
from collections.abc import Iterator

import pytest

from rolesync import errors
from rolesync.errors import Exit, RateLimitedError, RolesyncError, StudioError, writing_error
from tests.paths import ROOT

NAMES = ("Admin", "Studio")
"""Words that begin with a capital wherever they are."""

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RolesyncError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_message_a_hint_and_an_exit_code(kind: type[RolesyncError]) -> None:
    error = kind("what happened", hint="what to do")
    assert (str(error), error.message, error.hint) == ("what happened", "what happened", "what to do")
    assert kind("what happened").hint == ""
    assert error.exit_code in set(Exit) - {Exit.DONE, Exit.PENDING}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, StudioError)])
def test_every_error_of_studio_has_its_exit_code_and_status(kind: type[StudioError]) -> None:
    assert kind("no", status=500).status == 500
    assert (kind("no").status, kind("no").retry_after) == (0, None)
    assert kind.exit_code is Exit.STUDIO


def test_the_time_to_wait_is_kept() -> None:
    assert RateLimitedError("slow down", status=429, retry_after=2.5).retry_after == 2.5


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EACCES, 64), (errno.ENOENT, 64), (errno.ENOSPC, 1), (errno.EFBIG, 1)]
)
def test_a_full_disk_is_no_wrong_usage(number: int, code: int) -> None:
    error = writing_error("it can't be written to x", OSError(number, "why"), hint="name another file")
    assert (error.exit_code, error.message) == (code, "it can't be written to x: why")
    assert ("name another file" in error.hint, "make room" in error.hint) == (code != 1, code == 1)


def test_every_hint_begins_with_a_small_letter() -> None:
    capital = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "rolesync").rglob("*.py"))
        for line, text in _hints(ast.parse(path.read_text(encoding="utf-8")))
        if text[:1].isupper() and not text.startswith(NAMES)
    ]
    assert capital == []


def _hints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the beginning of each text whose name ends with `hint`."""
    for node in ast.walk(tree):
        names = [node.arg] if isinstance(node, ast.keyword) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if not isinstance(node, ast.keyword | ast.Assign) or not any(
            f"{name}".lower().endswith("hint") for name in names
        ):
            continue
        value = node.value
        first = value.values[0] if isinstance(value, ast.JoinedStr) and value.values else value
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.lineno, first.value
