import shlex

from rolesync.migrate.ledger import CellReason
from rolesync.migrate.unclear_words import describe_login, describe_unclear
from rolesync.reader.known_exports import RowCondition

CONDITION = RowCondition(columns=("Status",), ask=frozenset({"on leave"}), why="is away")


def test_a_word_is_named_with_the_options_that_decide() -> None:
    code, text = describe_unclear("On leave", "User status", CONDITION)
    assert code is CellReason.DECISION_NEEDED
    assert "is away?" in text
    words = shlex.split(text.partition("count such rows with ")[2].replace(", or", " or"))
    assert words[:2] == ["--keep", "User status=On leave"]
    assert words[-2:] == ["--ignore-column", "User status"]


def test_blank_cells_that_count_are_named_too() -> None:
    condition = CONDITION.model_copy(update={"keep": frozenset({"active", ""})})
    _, text = describe_unclear("On leave", "Status", condition)
    assert "those with a blank cell with --keep 'Status=On leave' --keep Status=, or" in text


def test_an_unknown_word_is_called_so() -> None:
    code, text = describe_unclear("Teapot", "Status", CONDITION)
    assert code is CellReason.WORD_UNKNOWN
    assert "not a known word" in text


def test_a_login_name_may_differ_from_the_address() -> None:
    assert "may differ" in describe_login("ann@x.edu", "Login")
