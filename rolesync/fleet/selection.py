"""Which accounts of a fleet a command handles, and what is set for one of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rolesync.configuration.error_messages import toml_value
from rolesync.errors import UsageError
from rolesync.fleet.account_settings import account_settings
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.sources.address import shown_address
from rolesync.workflows.config import list_settings

PROGRAM = "the program"
"""The origin of a value that no table sets."""


def select(fleet: Fleet, only: Sequence[str], but: Sequence[str]) -> list[FleetAccount]:
    """Choose the enabled accounts of a command, in the order of the file.

    Args:
        fleet: the fleet.
        only: names or tags of accounts; empty for all.
        but: names or tags of accounts to leave out.

    Raises:
        UsageError: a word is neither a name nor a tag, names an account that isn't enabled, or no account is left.
    """
    for word in (*only, *but):
        account = fleet.accounts.get(word)
        if account is None and not any(word in each.tags for each in fleet.accounts.values()):
            raise UsageError(f"the fleet has no account and no tag {word!r}", hint=f"see {fleet.path}")
        if account and not account.enabled and word in only:
            raise UsageError(f"{word} is not enabled: {account.reason}", hint=f"enable it in {fleet.path}")
    selected = [each for each in fleet.enabled if (not only or _is_meant(each, only)) and not _is_meant(each, but)]
    if not selected:
        raise UsageError("no account is left", hint="correct --only and --not")
    return selected


def _is_meant(account: FleetAccount, words: Collection[str]) -> bool:
    return account.name in words or bool(account.tags & set(words))


@dataclass(frozen=True, slots=True)
class AccountValue:
    """A setting of an account: a key of the fleet file, its value in JSON form, and the source of the value.

    `value` is None if it is not set, and for a secret, which `is_secret` shows.
    """

    name: str
    value: object
    origin: str
    is_secret: bool = False

    @property
    def text(self) -> str:
        """The value as the fleet file would write it; a secret only as set."""
        if self.is_secret:
            return "(set, not shown)"
        return "(not set)" if self.value is None else toml_value(self.value)


def values_with_origins(account: FleetAccount) -> list[AccountValue]:
    """List what is set for an account, also by rolesync itself.

    Raises:
        UsageError: the folder of secrets can't be read.
    """
    settings = account_settings(
        account.values, account.secrets if account.secrets and account.secrets.is_dir() else None
    )
    settings_rows: list[AccountValue] = []
    for each in list_settings(settings):
        origin = account.origins.get(each.name, "")
        if each.name == "keep" and account.account_column:
            origin = account.origins["account_column"]
        if not origin and each.name in settings.model_fields_set:
            origin = str(account.secrets)
        if each.name != "list":
            settings_rows.append(AccountValue(each.name, each.value, origin or PROGRAM, each.is_secret and each.is_set))
    fleet_values = {
        "list": shown_address(account.list_path) or None,
        "secrets": str(account.secrets) if account.secrets else None,
        "shared_list": account.shared_list,
        "account_column": account.account_column or None,
        "tags": sorted(account.tags),
        "enabled": account.enabled,
        "reason": account.reason or None,
    }
    return [
        *(AccountValue(name, value, account.origins.get(name, PROGRAM)) for name, value in fleet_values.items()),
        *settings_rows,
    ]
