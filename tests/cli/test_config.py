"""config show as it is run."""

from typing import Any

from tests.command import OWNER, TOKEN, Shell


def test_the_settings_in_force_are_shown_without_the_token(sh: Shell) -> None:
    (sh.folder / "rolesync.toml").write_text("# limits\nmax_removals = 5\n", encoding="utf-8")
    completed = sh.run("config", "show")
    assert completed.returncode == 0, completed.stderr
    text = " ".join(completed.stdout.split())
    assert "max_removals 5 rolesync.toml, line 2" in text
    assert "token (set, not shown) ROLESYNC_TOKEN in the environment" in text
    assert f"owner {OWNER} ROLESYNC_OWNER in the environment" in text
    assert "The record of this account is in" in text
    assert TOKEN not in text
    few = sh.json("config", "show", "--changed", "--set", "mode=additive")
    assert {setting["name"] for setting in few["settings"]} == {
        *("base_url", "token", "owner", "state_dir", "max_removals", "mode")
    }
    assert TOKEN not in repr(few)


def test_without_any_setting_there_are_the_defaults(sh: Shell) -> None:
    none: dict[str, Any] = dict.fromkeys(("base_url", "token", "owner", "state_dir"))
    report = sh.json("config", "show", **none)
    assert (report["studio"], report["record"]) == (None, None)
    (state_dir,) = (setting for setting in report["settings"] if setting["name"] == "state_dir")
    assert state_dir["value"]
    assert sh.json("config", "show", "--changed", **none)["settings"] == []


def test_wrong_settings_are_named_beside_the_others(sh: Shell) -> None:
    (sh.folder / "rolesync.toml").write_text('max_removals = "many"\nmin_holders = 3\nmax_remuvals = 1\n', "utf-8")
    completed = sh.run("config", "show")
    text = " ".join(completed.stdout.split())
    assert completed.returncode == 64
    assert "min_holders 3 rolesync.toml, line 2" in text
    assert "max_removals (wrong, see below) rolesync.toml, line 1" in text
    assert "rolesync.toml, line 1: max_removals must be" in completed.stderr
    assert "rolesync.toml, line 3: unknown setting 'max_remuvals': did you mean max_removals" in completed.stderr
    report = sh.json("config", "show", "--changed", exit_code=64)
    assert (report["status"], report["error"]["exit_code"]) == ("refused", 64)
    assert {setting["name"] for setting in report["settings"] if setting["is_wrong"]} == {"max_removals"}
    environment = {**sh.variables, "ROLESYNC_CHUNKSIZE": "3"}
    other = Shell(sh.folder, environment).run("config", "show")
    assert "ROLESYNC_CHUNKSIZE" in other.stderr
    assert "min_holders" in other.stdout


def test_settings_that_do_not_fit_each_other_are_refused(sh: Shell) -> None:
    (sh.folder / "rolesync.toml").write_text('account = "acme"\n', "utf-8")
    error = sh.json("config", "show", exit_code=64)["error"]
    assert "account and base_url are both set" in error["message"]
