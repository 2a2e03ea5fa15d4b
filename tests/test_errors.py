import pytest

from rolesync import errors
from rolesync.errors import Exit, RateLimitedError, RolesyncError, StudioError

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
