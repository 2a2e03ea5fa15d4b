"""Settings of which some are wrong, to be shown: what is wrong, and the others."""

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource

from rolesync.errors import UsageError

Model = TypeVar("Model", bound=BaseSettings)


@dataclass
class WrongSettings:
    """What is wrong with some settings; `names` are those left out."""

    errors: list[UsageError] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


@contextmanager
def collected(wrong: WrongSettings | None) -> Iterator[None]:
    """Collect the refusal of the `with` block.

    Raises:
        UsageError: the refusal, if `wrong` is None.
    """
    try:
        yield
    except UsageError as error:
        if wrong is None:
            raise
        wrong.errors.append(error)


def settings_without(
    model: type[Model], by_source: Iterable[dict[str, object]], names: Collection[str]
) -> Model | None:
    """Make settings from what each source gives, the nearest first, without the settings of these names.

    Returns:
        The settings; None if those that are left don't fit each other.
    """
    values = {name: value for name, value in ChainMap(*by_source).items() if name not in names}
    try:
        return model(_build_sources=((InitSettingsSource(model, values),), values))
    except ValidationError:
        return None
