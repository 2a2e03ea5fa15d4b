"""The options and settings of `rolesync migrate` → the recipe that reads the spreadsheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rolesync.cli.options import split_pair
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.migrate.recipe import Recipe
    from rolesync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateOptions:
    """The options of the command line, as typed."""

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
    """Parse the NAME=ROLE pairs of a repeatable option.

    Raises:
        UsageError: a text isn't NAME=ROLE, or a name appears twice.
    """
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, value = split_pair(option, text, "NAME=ROLE", "Boss=Admin")
        if name in pairs:
            raise UsageError(f"{option} {text}: {name} appears twice", hint="leave one of them out")
        pairs[name] = value
    return pairs


def build_recipe(options: MigrateOptions, settings: "Settings") -> "Recipe":
    """Make the recipe from the preset, the settings and the options; options override the preset.

    Raises:
        UsageError: the options contradict each other, or there is no preset of that name.
    """
    from rolesync.migrate.presets import find_preset
    from rolesync.migrate.recipe import Recipe
    from rolesync.reader.known_exports import preset_names
    from rolesync.tables.column_letters import column_number

    preset = find_preset(options.preset) if options.preset else Recipe()
    if preset is None:
        raise UsageError(f"--from {options.preset}: no such export", hint=f"choose one of {', '.join(preset_names())}")
    _refuse_contradictions(options)
    key_header, _, joined_key_header = options.key.partition("=")
    if options.key and not (key_header.strip() and joined_key_header.strip()):
        raise UsageError(f"--key {options.key}: not HEADER=HEADER", hint="write it like --key 'Employee number=id'")
    number = column_number if settings.no_header else str.strip
    number_of_person = str if options.joins else number  # then addresses and names are in the joined file, by header
    headers = {
        "join_email" if options.joins else "email": number_of_person(settings.email_column),
        "join_name" if options.joins else "name": number_of_person(options.name_column),
        "user_id": number(settings.user_id_column),
        "role": number(settings.role_column),
        "key": number(key_header),
    }
    needed = tuple(headers[field] for field in ("email", "name", "user_id", "key") if headers.get(field))
    columns: dict[str, Any] = {field: (text,) for field, text in headers.items() if text}
    if settings.no_user_id:
        columns["user_id"] = ()
    if options.separator:
        columns["separator"] = options.separator
    if options.key:
        columns["join_key"] = ((joined_key_header.strip(),),)
    words: dict[str, Any] = {name: words for name, words in (("yes", options.yes), ("no", options.no)) if words}
    recipe = Recipe(
        **columns,
        **words,
        family=options.preset,
        named=frozenset(columns),
        needed=needed,
        fixed=options.role,
        matrix={number(name): role for name, role in options.matrix.items()},
        mapping={**settings.role_aliases, **options.mapping},
        keep_words={number(column): words for column, words in settings.keep.items()},
        ignored_columns=tuple(map(number, settings.ignore_columns)),
    )
    return preset.with_options_of(recipe) if options.preset else recipe


def _refuse_contradictions(options: MigrateOptions) -> None:
    """Refuse options that would have no effect beside another option.

    Raises:
        UsageError: there is such an option.
    """
    alone = {"--role": options.role, "--matrix": options.matrix, "--sheet-role": options.sheet_roles}
    by_column = {"--role-column": options.role_column, "--map": options.mapping, "--separator": options.separator}
    used_options = [name for name, value in alone.items() if value]
    used_options += [name for name, value in by_column.items() if value and used_options]
    if len(used_options) > 1:
        text = f"{used_options[0]} alone decides the role, so {used_options[1]} would have no effect"
        raise UsageError(text, hint="leave one of the two out")
    if (options.yes or options.no) and not options.matrix:
        text = f"{'--yes' if options.yes else '--no'} names the words of --matrix columns, and there is no --matrix"
        raise UsageError(text, hint="add --matrix HEADER=ROLE for each such column")
