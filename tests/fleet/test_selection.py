"""Which accounts a command handles, and what is set for them."""

from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.fleet_file import Fleet, read_fleet
from rolesync.fleet.selection import select, settings_with_origins
from tests.fleet.tools import fleet_of


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Accounts `north` and `south` (tag `west`), and `old`, which is not enabled."""
    path = fleet_of(tmp_path, "north", "south", "old").path
    text = path.read_text(encoding="utf-8").replace(
        "[accounts.old]\n", '[accounts.old]\nenabled = false\nreason = "r"\n'
    )
    text = text.replace("[accounts.south]\n", '[accounts.south]\ntags = ["west"]\n')
    path.write_text(text, encoding="utf-8")
    return read_fleet(path, tmp_path)


@pytest.mark.parametrize(
    ("only", "but", "chosen"),
    [
        ([], [], ["north", "south"]),
        (["west"], [], ["south"]),
        (["north", "west"], [], ["north", "south"]),
        ([], ["west"], ["north"]),
        ([], ["old"], ["north", "south"]),
    ],
)
def test_names_and_tags_choose(fleet: Fleet, only: list[str], but: list[str], chosen: list[str]) -> None:
    assert [account.name for account in select(fleet, only, but)] == chosen


@pytest.mark.parametrize(
    ("only", "but", "problem"),
    [
        (["nrth"], [], "no account and no tag 'nrth'"),
        ([], ["nrth"], "no account and no tag 'nrth'"),
        (["old"], [], "old is not enabled: r"),
        (["west"], ["south"], "no account is left"),
    ],
)
def test_a_selection_that_means_nobody_is_refused(fleet: Fleet, only: list[str], but: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        select(fleet, only, but)


def test_each_setting_has_its_origin_and_secrets_are_masked(fleet: Fleet) -> None:
    rows = {name: (value, origin) for name, value, origin in settings_with_origins(fleet.accounts["north"])}
    assert rows["list"] == (str(fleet.path.parent / "lists/north.csv"), "defaults")
    assert rows["base_url"] == ("http://127.0.0.1:1", "accounts.north")
    assert rows["chunk_size"] == ("50", "the program")
    assert rows["token"] == ("**********", str(fleet.path.parent / "secrets/north"))


def test_a_column_of_accounts_shows_where_it_is_set(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "north").path
    text = path.read_text(encoding="utf-8").replace("[defaults]\n", '[defaults]\naccount_column = "school"\n')
    path.write_text(text, encoding="utf-8")
    rows = settings_with_origins(read_fleet(path, tmp_path).accounts["north"])
    assert ("keep", "{'school': ('north',)}", "defaults") in rows
