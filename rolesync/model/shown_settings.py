"""A setting as it is shown: its value in force, and where that comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownSetting:
    """One setting.

    Attributes:
        name: the setting.
        value: the value in force, as JSON has it; None for a secret.
        default: the value without any source; None for a secret.
        is_set: whether the value is not empty.
        is_secret: whether the value must not be shown.
        source: the kind of source: `default`, `option`, `environment`, `.env`, `toml` or `secrets`.
        place: the file and line, the variable or the option; "" for the default.
        about: what the setting is.
        is_wrong: whether the value at `place` is wrong, so that `value` is not in force.
    """

    name: str
    value: object
    default: object
    is_set: bool
    is_secret: bool
    source: str
    place: str
    about: str
    is_wrong: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from the default."""
        return self.is_set if self.is_secret else self.value != self.default
