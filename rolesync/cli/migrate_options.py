"""The options and settings of `migrate` → the recipe by which it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.migrate.recipe import Recipe
    from rolesync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateOptions:
    """What somebody has said on the command line, as it stands there."""

    preset: str = ""
    role_column: str = ""
    name_column: str = ""
    separator: str = ""
    role: str = ""
    joins: bool = False
    key: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    matrix: Mapping[str, str] = field(default_factory=dict)
    sheet_roles: Mapping[str, str] = field(default_factory=dict)
    yes: Sequence[str] = ()
    no: Sequence[str] = ()


def parse_pairs(option: str, texts: Sequence[str] | None) -> dict[str, str]:
    """Read NAME=VALUE, each name once; a name may hold `=`, a role doesn't.

    Raises:
        UsageError: one isn't that, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"{option} {text}: not NAME=ROLE", hint=f"write it like {option} Boss=Admin")
        if name.strip() in found:
            raise UsageError(f"{option} {text}: {name.strip()} is given twice", hint="leave one of them out")
        found[name.strip()] = value.strip()
    return found


def build_recipe(choices: MigrateOptions, own: "Settings") -> "Recipe":
    """Make the recipe.

    Raises:
        UsageError: the choices contradict each other, or there is no such export.
    """
    from rolesync.migrate.presets import PRESETS
    from rolesync.migrate.recipe import Recipe

    if choices.preset and choices.preset not in PRESETS:
        raise UsageError(f"--from {choices.preset}: no such export", hint=f"one of {', '.join(PRESETS)}")
    _refuse_contradictions(choices)
    recipe = PRESETS[choices.preset] if choices.preset else Recipe()
    here, _, there = choices.key.partition("=")
    if choices.key and not (here.strip() and there.strip()):
        raise UsageError(f"--key {choices.key}: not HEADER=HEADER", hint="write it like --key 'Employee number=id'")
    named = {
        "join_email" if choices.joins else "email": own.email_column,
        "join_name" if choices.joins else "name": choices.name_column,
        "user_id": own.user_id_column,
        "role": own.role_column,
        "key": here.strip(),
        "join_key": there.strip(),
    }
    needed = tuple(named[name] for name in ("email", "name", "user_id", "key") if named.get(name))
    said: dict[str, Any] = {name: (text,) for name, text in named.items() if text}
    said |= {name: words for name, words in (("yes", choices.yes), ("no", choices.no)) if words}
    return replace(
        recipe,
        **said,
        needed=needed,
        separator=choices.separator or recipe.separator,
        fixed=choices.role,
        matrix=choices.matrix,
        mapping={**own.role_aliases, **choices.mapping},
    )


def _refuse_contradictions(choices: MigrateOptions) -> None:
    """Refuse options of which some would have no effect: whoever gives them means something by each."""
    alone = {"--role": choices.role, "--matrix": choices.matrix, "--sheet-role": choices.sheet_roles}
    by_column = {"--role-column": choices.role_column, "--map": choices.mapping, "--separator": choices.separator}
    given = [name for name, value in alone.items() if value]
    given += [name for name, value in by_column.items() if value and given]
    if len(given) > 1:
        text = f"{given[0]} alone says which role is given, so {given[1]} would have no effect"
        raise UsageError(text, hint="leave one of the two out")
    if (choices.yes or choices.no) and not choices.matrix:
        text = f"{'--yes' if choices.yes else '--no'} says what gives a role in a column of --matrix, and there is none"
        raise UsageError(text, hint="add --matrix HEADER=ROLE for each such column")
