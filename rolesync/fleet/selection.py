"""Which accounts of a fleet a command handles, and what is set for one of them."""

from collections.abc import Collection, Sequence

from rolesync.errors import UsageError
from rolesync.fleet.account_settings import account_settings
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.settings import Settings
from rolesync.sources.address import shown_address


def select(fleet: Fleet, only: Sequence[str], but: Sequence[str]) -> list[FleetAccount]:
    """Choose the enabled accounts of a command, in the order of the file.

    Args:
        fleet: the fleet.
        only: names or tags of accounts; empty for all.
        but: names or tags of accounts to leave out.

    Raises:
        UsageError: a word is no name and no tag, names an account that isn't enabled, or no account is left.
    """
    for word in (*only, *but):
        account = fleet.accounts.get(word)
        if account is None and not any(word in each.tags for each in fleet.accounts.values()):
            raise UsageError(f"the fleet has no account and no tag {word!r}", hint=f"see {fleet.path}")
        if account and not account.enabled and word in only:
            raise UsageError(f"{word} is not enabled: {account.reason}", hint=f"enable it in {fleet.path}")
    chosen = [each for each in fleet.enabled if (not only or _is_meant(each, only)) and not _is_meant(each, but)]
    if not chosen:
        raise UsageError("no account is left", hint="correct --only and --not")
    return chosen


def _is_meant(account: FleetAccount, words: Collection[str]) -> bool:
    return account.name in words or bool(account.tags & set(words))


def settings_with_origins(account: FleetAccount) -> list[tuple[str, str, str]]:
    """List each setting of an account with its value and origin; secrets are masked.

    Raises:
        UsageError: the folder of secrets can't be read.
    """
    settings = account_settings(
        account.values, account.secrets if account.secrets and account.secrets.is_dir() else None
    )
    rows = [
        ("list", shown_address(account.list_path), account.origins.get("list", "the program")),
        ("secrets", str(account.secrets or ""), account.origins.get("secrets", "the program")),
    ]
    for name in (name for name in Settings.model_fields if name != "list"):
        value, origin = getattr(settings, name), account.origins.get(name)
        if name == "keep" and account.account_column:
            origin = account.origins["account_column"]
        in_secrets = origin is None and name in settings.model_fields_set
        rows.append((name, str(value), origin or (str(account.secrets) if in_secrets else "the program")))
    return rows
