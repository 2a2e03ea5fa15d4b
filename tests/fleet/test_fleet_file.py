"""The fleet file: precedence, expansions, and everything that refuses it as a whole."""

from pathlib import Path

import pytest

from rolesync.errors import UsageError
from rolesync.fleet.fleet_file import Fleet, read_fleet

HEAD = '[fleet]\nname = "district"\n'
TWO = '[accounts.north]\naccount = "north"\n[accounts.south]\naccount = "south"\n'


def read(folder: Path, text: str) -> Fleet:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    return read_fleet(path, folder / "state")


def test_the_account_wins_over_its_groups_and_the_last_group_over_the_first(tmp_path: Path) -> None:
    fleet = read(
        tmp_path,
        HEAD
        + "[defaults]\nchunk_size = 1\nconcurrency = 1\ntimeout = 1\nattempts = 1\n"
        + "[groups.a]\nconcurrency = 2\ntimeout = 2\nattempts = 2\n[groups.b]\ntimeout = 3\nattempts = 3\n"
        + '[accounts.north]\naccount = "n"\ngroups = ["a", "b"]\nattempts = 4\n',
    )
    north = fleet.accounts["north"]
    assert [north.values[name] for name in ("chunk_size", "concurrency", "timeout", "attempts")] == [1, 2, 3, 4]
    origins = [north.origins[name] for name in ("chunk_size", "concurrency", "timeout", "attempts")]
    assert origins == ["defaults", "groups.a", "groups.b", "accounts.north"]


def test_a_list_is_replaced_and_never_merged(tmp_path: Path) -> None:
    fleet = read(
        tmp_path,
        HEAD + '[defaults]\nmanaged_roles = ["Admin", "Teacher"]\n'
        '[accounts.north]\naccount = "n"\nmanaged_roles = ["Teacher"]\n',
    )
    assert fleet.accounts["north"].values["managed_roles"] == ["Teacher"]


def test_name_and_account_are_expanded_and_paths_begin_at_the_file(tmp_path: Path) -> None:
    fleet = read(
        tmp_path,
        HEAD + '[defaults]\naccount = "{name}-edu"\nlist = "lists/{account}.csv"\nsecrets = "secrets/{name}"\n'
        'protected_users = ["*@{name}.edu"]\n[accounts.north]\n',
    )
    north = fleet.accounts["north"]
    assert north.studio == "https://north-edu.instructuremedia.com"
    assert north.list_path == str(tmp_path / "lists/north-edu.csv")
    assert north.secrets == tmp_path / "secrets/north"
    assert north.values["protected_users"] == ["*@north.edu"]


def test_an_account_that_is_not_enabled_keeps_its_reason(tmp_path: Path) -> None:
    fleet = read(tmp_path, HEAD + TWO + 'enabled = false\nreason = "merged into north"\n')
    assert [account.name for account in fleet.enabled] == ["north"]
    assert fleet.accounts["south"].reason == "merged into north"


def test_a_column_that_names_the_account_keeps_only_its_rows(tmp_path: Path) -> None:
    fleet = read(tmp_path, HEAD + '[defaults]\nlist = "all.csv"\naccount_column = "school"\n' + TWO)
    north = fleet.accounts["north"]
    assert north.values["keep"] == {"school": ["north"]}
    assert north.shared_list


def test_the_state_is_below_the_folder_of_the_records(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + TWO).folder == tmp_path / "state" / "fleets" / "district"
    assert read(tmp_path, HEAD + 'state_dir = "s"\n' + TWO).folder == tmp_path / "s" / "fleets" / "district"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "fleet.name"),
        (HEAD, "it has no accounts"),
        (HEAD + TWO + "[colours]\n", "[colours]: known are fleet, defaults, groups and accounts"),
        (HEAD + "worker = 3\n" + TWO, "fleet.worker: is not a key of a fleet"),
        (HEAD + "workers = 0\n" + TWO, "fleet.workers: Input should be greater than or equal to 1"),
        (HEAD + "[fleet.stop]\nfailed = 1\n" + TWO, "fleet.stop.failed: is not a key of a fleet"),
        (HEAD + '[[fleet.stages]]\ntags = ["canary"]\n' + TWO, "stage 1: no account has the tag canary"),
        (HEAD + TWO + "chunk_sise = 3\n", "[accounts.south] chunk_sise: no such key"),
        (HEAD + "[defaults]\nchunk_sise = 3\n" + TWO, "[defaults] chunk_sise: no such key"),
        (HEAD + "[groups.a]\ntags = []\n" + TWO, "[groups.a] tags: no such key"),
        (HEAD + TWO + 'token = "abc"\n', "[accounts.south] token: secrets lie in files"),
        (HEAD + TWO + 'audit_key = "abc"\n', "[accounts.south] audit_key: secrets lie in files"),
        (HEAD + TWO + 'state_dir = "abc"\n', "[accounts.south] state_dir: this is set for the whole fleet"),
        (HEAD + TWO + 'chunk_size = "many"\n', "[accounts.south] chunk_size"),
        (HEAD + TWO + 'groups = ["west"]\n', "[accounts.south] groups: there is no [groups.west]"),
        (HEAD + TWO + 'tags = "canary"\n', "[accounts.south] tags must be a list of texts"),
        (HEAD + TWO + "enabled = false\n", "[accounts.south] is not enabled: set `reason`"),
        (HEAD + TWO + 'enabled = "no"\n', "[accounts.south] enabled must be true or false"),
        (HEAD + TWO + "list = 3\n", "[accounts.south] list must be a text"),
        (HEAD + TWO + 'owner = "{host}@x.edu"\n', "{host} is unknown: only {name} and {account} are expanded"),
        (HEAD + TWO + '[accounts."South East"]\naccount = "x"\n', "[accounts.South East]: a name has only a to z"),
        (HEAD + TWO + '[accounts.east]\naccount = "north"\n', "is the Studio of 2 accounts: north, east"),
        (
            HEAD + TWO + '[accounts.east]\nbase_url = "https://NORTH.instructuremedia.com:443/"\n',
            "is the Studio of 2 accounts: north, east",
        ),
        (
            HEAD + '[accounts.a]\nbase_url = "http://127.0.0.1:1"\n[accounts.b]\nbase_url = "http://localhost:1"\n',
            "http://127.0.0.1:1 is the Studio of 2 accounts: a, b",
        ),
        (
            HEAD + '[defaults]\nsecrets = "s"\n' + TWO,
            "has the secrets of 2 accounts: north, south",
        ),
        (HEAD + TWO + 'proxy = "http://ann:s3cr3t@proxy.edu:3128"\n', "proxy contains a user or a password"),
        (HEAD + TWO + 'list = "https://ann:s3cr3t@files.edu/a.csv"\n', "contains a user or a password"),
        (HEAD + TWO + 'list = "ftp://files.edu/a.csv"\n', "ftp:// is not a known kind of address"),
        (HEAD + "[accounts.north]\n", "[accounts.north] no Studio is set"),
        (HEAD + TWO + '[accounts.east]\nbase_url = "http://x.edu"\n', "would send the token unencrypted"),
        (HEAD + TWO + 'account_column = "school"\nkeep = {school = ["x"]}\n', "both name the column 'school'"),
        (HEAD + "accounts = 3\n", "it has no accounts"),
        (HEAD + "[accounts]\nnorth = 3\n", "[accounts.north] is not a table"),
        ("[fleet\n", "Expected ']'"),
    ],
)
def test_a_mistake_refuses_the_whole_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(tmp_path, text)
    assert problem in refusal.value.message
    assert str(tmp_path / "fleet.toml") in refusal.value.message
    assert "s3cr3t" not in refusal.value.message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        read(tmp_path, HEAD + TWO + "chunk_sise = 3\n[defaults]\ntoken = 'x'\n[groups.A]\n")
    assert refusal.value.message.count("[") == 3


def test_a_secret_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        read(tmp_path, HEAD + TWO + 'token = "s3cr3t"\n')
    assert "s3cr3t" not in refusal.value.message


def test_a_missing_file_and_one_that_others_can_write_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read: No such file"):
        read_fleet(tmp_path / "fleet.toml", tmp_path)
    (tmp_path / "fleet.toml").write_text(HEAD + TWO, encoding="utf-8")
    (tmp_path / "fleet.toml").chmod(0o666)
    with pytest.raises(UsageError, match="other users can write"):
        read_fleet(tmp_path / "fleet.toml", tmp_path)


def test_no_variable_reaches_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_BASE_URL", "https://stranger.example")
    monkeypatch.setenv("ROLESYNC_CHUNK_SIZE", "7")
    assert read(tmp_path, HEAD + TWO).accounts["north"].studio == "https://north.instructuremedia.com"


def test_a_list_may_be_at_an_address(tmp_path: Path) -> None:
    lists = '[defaults]\nlist = "https://files.example.edu/{name}.csv"\nlist_hosts = ["files.example.edu"]\n'
    fleet = read(tmp_path, HEAD + lists + '[accounts.north]\naccount = "n"\n')
    assert fleet.accounts["north"].list_path == "https://files.example.edu/north.csv"
    assert "list" not in fleet.accounts["north"].values
