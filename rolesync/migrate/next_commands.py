"""The commands that make sense for a file: complete, with its name and its columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

from rolesync.errors import RolesyncError
from rolesync.migrate.decisions import (
    add_options,
    commands_to_go_on,
    describe_encoding,
    needed_encoding,
    undecided_cells,
)
from rolesync.migrate.migrate import migrate
from rolesync.migrate.neighbours import find_neighbour
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_columns import words_for_answers
from rolesync.migrate.role_options import TableLook, role_options, role_words
from rolesync.model.findings import name_some, quoted, quoted_or_blank
from rolesync.model.lists import ListForm
from rolesync.reader.form_options import form_options

_MAX_COMMANDS = 2


class NextCommand(NamedTuple):
    """A command that makes sense: what it does, its words, and the recipe that it describes."""

    purpose: str
    words: tuple[str, ...]
    recipe: Recipe


def next_commands(
    look: TableLook, *, managed: Sequence[str], today: date, form: ListForm, settings: Sequence[str] = ()
) -> list[NextCommand]:
    """Find the commands that make sense, usually one or two; none if no column identifies users.

    Args:
        look: the table.
        managed: the managed roles; the commands give the first one.
        today: the day that decides whether a role has expired.
        form: the sheet and the header's row, where options name them.
        settings: the options that name settings, as typed.
    """
    commands: list[NextCommand] = []
    of_each = [
        _commands(look, identity, managed, form, settings)
        for identity in _identities(look, without_header=form.no_header)
    ]
    for command in filter(None, chain.from_iterable(zip_longest(*of_each))):
        decided = _decided(command, look, managed=managed, today=today, form=form)
        commands += decided[: _MAX_COMMANDS - len(commands)] if commands else decided  # all ways to decide
        if len(commands) >= _MAX_COMMANDS:
            break
    return commands


def _decided(
    command: NextCommand, look: TableLook, *, managed: Sequence[str], today: date, form: ListForm
) -> list[NextCommand]:
    """The command, or its forms that decide about the words that leave open whether rows count.

    The purpose names what must be corrected first.
    """
    words, joined_table = command.words, None
    if "--join" in words:
        joined_table = look.join or Path(words[words.index("--join") + 1])
    try:
        migration = migrate([look.file], command.recipe, managed=managed, today=today, form=form, join=joined_table)
    except RolesyncError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return [command._replace(purpose=f"{command.purpose}, but first: {error}{hint}")]
    if not form.encoding and (encoding := needed_encoding(migration.ledger)):  # in it, words may have another meaning
        purpose = f"{command.purpose}, and {describe_encoding(encoding)}"
        options = tuple(add_options(words, ["--encoding", encoding]))
        named_command = command._replace(purpose=purpose, words=options)
        return _decided(named_command, look, managed=managed, today=today, form=replace(form, encoding=encoding))
    decided = commands_to_go_on(words, migration.ledger) or [("", list(words))]
    cells = [f"{cell.address} {quoted_or_blank(cell.text)}" for cell in undecided_cells(migration.ledger)]
    first = f", but first correct {name_some(cells)}" if cells else ""
    return [
        NextCommand(command.purpose + f", and {purpose}" * bool(purpose) + first, tuple(words), command.recipe)
        for purpose, words in decided
    ]


def _commands(
    look: TableLook, identity: Sequence[str], managed: Sequence[str], form: ListForm, settings: Sequence[str]
) -> Iterator[NextCommand]:
    """Yield the commands in which these options identify users."""
    role, recipe = managed[0], look.recipe
    command = ["rolesync", "migrate", str(look.file), *settings, *_source_options(look, form, identity)]
    if identity[:1] == ["--email-column"]:
        recipe = replace(recipe, email=(identity[1],), login=(), named=recipe.named | {"email"}, needed=(identity[1],))
    if identity[:1] == ["--user-id-column"]:
        recipe = replace(recipe, user_id=(identity[1],), named=recipe.named | {"user_id"}, needed=(identity[1],))
    output, by = ("-o", str(look.file.list_path)), _describe_addresses(look, identity, form)
    chosen = _chosen_role_options(recipe, form)
    if recipe.fixed or recipe.matrix or not recipe.mapping.keys().isdisjoint(role_words(look)):
        purpose = f"make the list that these options describe{by}"
        yield NextCommand(purpose, (*command, *identity, *chosen, *output), recipe)
        return
    if look.ticked:
        ticks = _command_for_ticks(look, recipe, (*command, *identity), output)
        yield ticks._replace(purpose=ticks.purpose + by)
    for options in role_options(look, managed, has_chosen=bool(chosen)):
        described = replace(recipe, **options.changes)
        if options.words[:1] == ["--role-column"]:
            named = recipe.named | {"role"}
            described = replace(described, role=(options.words[1],), named=named, mapped_only=False)
        yield NextCommand(options.purpose + by, (*command, *identity, *chosen, *options.words, *output), described)
        if options.are_managed:
            return
    described = replace(recipe, fixed=role)
    purpose = f"give {role} to all users"
    if ignored := [_name_column(look, place, form) for place in look.columns_of_roles]:
        purpose += f", whatever {' and '.join(ignored)} {'says' if len(ignored) == 1 else 'say'}"
    yield NextCommand(purpose + by, (*command, *identity, "--role", role, *output), described)


def _describe_addresses(look: TableLook, identity: Sequence[str], form: ListForm) -> str:
    """Name the column whose addresses count, beside other columns of addresses; "" without any."""
    if look.recipe.preset or len(look.addresses) == 1 or "--join" in identity:
        return ""
    read = look.layout.emails if look.layout else ()
    if identity:
        read = tuple(place for place in look.addresses if look.header[place].strip() == identity[1])
    unread_columns = [_name_column(look, place, form) for place in look.addresses if place not in read]
    read_columns = [_name_column(look, place, form) for place in read]
    if not read_columns or not unread_columns:
        return ""
    return f", by the addresses in {' and '.join(read_columns)}, not in {name_some(unread_columns)} (--email-column)"


def _source_options(look: TableLook, form: ListForm, identity: Sequence[str]) -> list[str]:
    """The options that describe the source, as the user named them; those of roles and of users apart."""
    recipe = look.recipe
    options = ["--from", recipe.family] if recipe.preset and recipe.family else []
    options += form_options(form, {"--role-column", *identity[:1]})
    if named_fields := recipe.named & {"name", "join_name"}:
        options += ["--name-column", getattr(recipe, next(iter(named_fields)))[0]]
    if "key" in recipe.named:
        options += ["--key", f"{recipe.key[0]}={recipe.join_key[0][0]}"]
    if look.join and "--join" not in identity:
        options += ["--join", str(look.join)]
    return options


def _chosen_role_options(recipe: Recipe, form: ListForm) -> list[str]:
    """The options by which the user named the roles."""
    options = ["--role", recipe.fixed] if recipe.fixed else []
    options += ["--role-column", form.role_column] if form.role_column and not (recipe.fixed or recipe.matrix) else []
    options += ["--separator", recipe.separator] if "separator" in recipe.named else []
    for name, pairs in (("--map", recipe.mapping), ("--matrix", recipe.matrix)):
        options += [word for key, role in pairs.items() for word in (name, f"{key}={role}")]
    for name, words, usual in (("--yes", recipe.yes, Recipe().yes), ("--no", recipe.no, Recipe().no)):
        options += [text for word in words if words != usual for text in (name, word)]
    return options


def _name_column(look: TableLook, place: int, form: ListForm) -> str:
    header = look.header[place].strip()
    return f"column {header}" if form.no_header or not header else quoted(header)


def _command_for_ticks(look: TableLook, recipe: Recipe, command: Sequence[str], output: Sequence[str]) -> NextCommand:
    """The command that gives each role to the users with a tick in its column."""
    matrix = {look.header[place].strip(): role for place, role in look.ticked.items()}
    words = words_for_answers(look.rows, look.ticked, recipe.yes, recipe.no)
    options = [text for header, role in matrix.items() for text in ("--matrix", f"{header}={role}")]
    answers = list(zip(words[::2], words[1::2], strict=True))
    yes, no = (tuple(word for name, word in answers if name == option) for option in ("--yes", "--no"))
    described = replace(recipe, matrix=matrix, yes=yes or recipe.yes, no=no or recipe.no)
    ticks = " and ".join(f"{role} to the users with yes in {header!r}" for header, role in matrix.items())
    return NextCommand(f"give {ticks}", (*command, *options, *words, *output), described)


def _identities(look: TableLook, *, without_header: bool) -> list[list[str]]:
    """The options that identify users, once for each column that may do so; empty if no column does.

    Without a header, numbers are user ids.
    """
    layout = look.layout
    if layout and _may_hold_addresses(look, (*layout.emails, *layout.logins)):
        return [[]]
    if layout and layout.key is not None and look.recipe.join_key:
        neighbour = look.join or find_neighbour(look.file, look.recipe, look.header, look.rows)
        return [["--join", str(neighbour or look.file.folder / "users.csv")]]
    if look.addresses:
        return [["--email-column", look.header[place].strip()] for place in look.addresses]
    numbers = [at for at in range(len(look.header)) if all(row[at].strip().isdecimal() for row in look.rows)]
    if look.rows and numbers and without_header:
        return [["--user-id-column", look.header[numbers[0]]]]
    return [[]] if layout and layout.user_id is not None else []


def _may_hold_addresses(look: TableLook, places: Sequence[int]) -> bool:
    """Whether there are such columns, and a cell of them may be an address; a table without rows may get some."""
    return bool(places) and (not look.rows or any("@" in row[place] for row in look.rows for place in places))
