"""config show as it is run."""

from typing import Any

from tests.command import OWNER, TOKEN, Shell


def test_the_settings_in_force_are_shown_without_the_token(sh: Shell) -> None:
    (sh.folder / "rolesync.toml").write_text("# limits\nmax_removals = 5\n", encoding="utf-8")
    done = sh.run("config", "show")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
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
    shown = sh.json("config", "show", **none)
    assert (shown["studio"], shown["record"]) == (None, None)
    (state_dir,) = (setting for setting in shown["settings"] if setting["name"] == "state_dir")
    assert state_dir["value"]
    assert sh.json("config", "show", "--changed", **none)["settings"] == []
