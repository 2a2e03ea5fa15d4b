"""Which accounts a command handles, and what is set for them."""

import tomllib
from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.fleet_file import Fleet, FleetAccount, read_fleet
from rolesync.fleet.selection import select, values_with_origins
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


def shown(account: FleetAccount) -> dict[str, tuple[str, str]]:
    return {each.name: (each.text, each.origin) for each in values_with_origins(account)}


def test_each_value_is_shown_as_the_file_would_write_it_with_its_origin(fleet: Fleet) -> None:
    rows = shown(fleet.accounts["north"])
    assert rows["list"] == (f'"{fleet.path.parent / "lists/north.csv"}"', "defaults")
    assert rows["base_url"] == ('"http://127.0.0.1:1"', "accounts.north")
    assert rows["chunk_size"] == ("50", "the program")
    assert rows["managed_roles"] == ('["Admin"]', "the program")
    assert rows["enabled"] == ("true", "the program")
    assert rows["ca_bundle"] == rows["reason"] == ("(not set)", "the program")
    assert rows["token"] == ("(set, not shown)", str(fleet.path.parent / "secrets/north"))
    for text in (text for text, _ in rows.values() if not text.startswith("(")):
        tomllib.loads(f"key = {text}")


def test_keys_of_an_account_have_their_origin(fleet: Fleet) -> None:
    rows = shown(fleet.accounts["old"])
    assert rows["enabled"] == ("false", "accounts.old")
    assert rows["reason"] == ('"r"', "accounts.old")


def test_a_secret_is_nowhere_in_the_values(fleet: Fleet) -> None:
    values = {each.name: each for each in values_with_origins(fleet.accounts["north"])}
    assert (values["token"].value, values["token"].is_secret) == (None, True)
    assert (values["client_secret"].text, values["managed_roles"].value) == ("(not set)", ["Admin"])


def test_a_column_of_accounts_shows_where_it_is_set(tmp_path: Path) -> None:
    path = fleet_of(tmp_path, "north").path
    text = path.read_text(encoding="utf-8").replace("[defaults]\n", '[defaults]\naccount_column = "school"\n')
    path.write_text(text, encoding="utf-8")
    rows = shown(read_fleet(path, tmp_path).accounts["north"])
    assert rows["keep"] == ('{"school" = ["north"]}', "defaults")
    assert rows["account_column"] == ('"school"', "defaults")
