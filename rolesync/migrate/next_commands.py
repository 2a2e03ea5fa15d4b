"""The commands that make sense for a file: complete, with its name and its columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from rolesync.errors import RolesyncError
from rolesync.migrate.decisions import commands_to_go_on
from rolesync.migrate.layout import SourceLayout, header_rules
from rolesync.migrate.migrate import migrate
from rolesync.migrate.plain_tables import recipe_by_meaning
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_columns import MAX_ROLE_WORDS, is_like_role, words_for_answers
from rolesync.migrate.source_file import SourceFile
from rolesync.migrate.sources import joined_places, open_checked
from rolesync.model.findings import quoted
from rolesync.model.lists import ListForm
from rolesync.reader.column_words import answer
from rolesync.reader.exports import RowVerdict
from rolesync.reader.foreign_exports import fold_export_header
from rolesync.reader.form_options import form_options
from rolesync.reader.placeholders import describe_placeholder
from rolesync.tables.file_type import read_file
from rolesync.tables.header_text import fold_header

_MAX_COMMANDS = 2
_MAX_NEIGHBOURS = 50  # files beside an export that are looked at for its addresses
_MAX_NEIGHBOUR_BYTES = 32 * 2**20
_TABLE_SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx", ".ods", ".xls", ".json", ".ldif", ".zip", ".gz"}


class NextCommand(NamedTuple):
    """A command that makes sense: what it does, its words, and the recipe that it describes."""

    purpose: str
    words: tuple[str, ...]
    recipe: Recipe


class TableLook(NamedTuple):
    """What was seen of a table.

    Attributes:
        file: its file.
        join: the file with its addresses, if an option names it.
        recipe: of the export that it is, or the recipe for any other table.
        header: its header.
        rows: its rows, as wide as the header.
        layout: its columns by the recipe; None if the recipe doesn't fit.
        addresses: the columns that hold addresses.
        roles: the columns of roles.
        ticked: the columns of yes and no that each give a role, with the role.
        hints: the other columns that may say who has a role.
    """

    file: SourceFile
    join: SourceFile | None
    recipe: Recipe
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    layout: SourceLayout | None
    addresses: Sequence[int]
    roles: Sequence[int] = ()
    ticked: Mapping[int, str] = {}
    hints: Sequence[int] = ()

    @property
    def columns_of_roles(self) -> list[int]:
        """The columns that say or may say who has a role."""
        return sorted({*self.roles, *self.ticked, *self.hints})


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
    for command in _commands(look, managed, form, settings):
        decided = _decided(command, look, managed=managed, today=today, form=form)
        commands += decided[: _MAX_COMMANDS - len(commands)] if commands else decided  # all ways to decide
        if len(commands) >= _MAX_COMMANDS:
            break
    return commands


def _decided(
    command: NextCommand, look: TableLook, *, managed: Sequence[str], today: date, form: ListForm
) -> list[NextCommand]:
    """The command, or its forms that decide about the words that leave open whether rows count."""
    words, joined = command.words, None
    if "--join" in words:
        joined = look.join or Path(words[words.index("--join") + 1])
    try:
        result = migrate([look.file], command.recipe, managed=managed, today=today, form=form, join=joined)
    except RolesyncError:
        return [command]
    decided = commands_to_go_on(words, result.ledger)
    return [
        NextCommand(f"{command.purpose}, and {purpose}", tuple(words), command.recipe) for purpose, words in decided
    ] or [command]


def _commands(
    look: TableLook, managed: Sequence[str], form: ListForm, settings: Sequence[str]
) -> Iterator[NextCommand]:
    role, recipe, identity = managed[0], look.recipe, _identity(look)
    if identity is None:
        return
    command = ["rolesync", "migrate", str(look.file), *settings, *_source_options(look, form, identity)]
    if identity[:1] == ["--email-column"]:
        recipe = replace(recipe, email=(identity[1],), login=(), named=recipe.named | {"email"}, needed=(identity[1],))
    output = ("-o", str(look.file.list_path))
    chosen = _chosen_role_options(recipe, form)
    if recipe.fixed or recipe.matrix or not recipe.mapping.keys().isdisjoint(_role_words(look)):
        purpose = "make the list that these options describe"
        yield NextCommand(purpose, (*command, *identity, *chosen, *output), recipe)
        return
    if look.ticked:
        yield _command_for_ticks(look, recipe, (*command, *identity), output)
    for purpose, options, changes in _role_options(look, managed, has_chosen=bool(chosen)):
        described = replace(recipe, **changes)
        if options[:1] == ["--role-column"]:
            described = replace(described, role=(options[1],), named=recipe.named | {"role"})
        yield NextCommand(purpose, (*command, *identity, *chosen, *options, *output), described)
        if not changes:  # the rows name managed roles
            return
    described = replace(recipe, fixed=role)
    purpose = f"give {role} to all users"
    if ignored := [_name_column(look, place, form) for place in look.columns_of_roles]:
        purpose += f", whatever {' and '.join(ignored)} {'says' if len(ignored) == 1 else 'say'}"
    yield NextCommand(purpose, (*command, *identity, "--role", role, *output), described)


def _source_options(look: TableLook, form: ListForm, identity: Sequence[str]) -> list[str]:
    """The options that describe the source, as the user named them; those of roles and of users apart."""
    recipe = look.recipe
    options = ["--from", recipe.family] if recipe.preset and recipe.family else []
    options += form_options(form, {"--role-column", *identity[:1]})
    if named := recipe.named & {"name", "join_name"}:
        options += ["--name-column", getattr(recipe, next(iter(named)))[0]]
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


def _identity(look: TableLook) -> list[str] | None:
    """The options that identify users; None if no column does."""
    layout = look.layout
    if layout and _may_hold_addresses(look, (*layout.emails, *layout.logins)):
        return []
    if layout and layout.key is not None and look.recipe.join_key:
        return ["--join", str(look.join or _neighbour(look) or look.file.folder / "users.csv")]
    if look.addresses:
        return ["--email-column", look.header[look.addresses[0]].strip()]
    return [] if layout and layout.user_id is not None else None


def _may_hold_addresses(look: TableLook, places: Sequence[int]) -> bool:
    """Whether there are such columns, and a cell of them may be an address; a table without rows may get some."""
    return bool(places) and (not look.rows or any("@" in row[place] for row in look.rows for place in places))


def _neighbour(look: TableLook) -> Path | None:
    """The file in the same folder that has the addresses of the most keys."""
    try:
        paths = sorted(look.file.folder.iterdir())
    except OSError:
        return None
    usable = [path for path in paths if path.suffix.casefold() in _TABLE_SUFFIXES and path != look.file.path]
    known = {path: _known_keys(look, path) for path in usable[:_MAX_NEIGHBOURS]}
    best = max(known, key=lambda path: known[path], default=None)
    return best if best and known[best] else None


def _known_keys(look: TableLook, path: Path) -> int:
    """How many keys of the table a file has, if it has addresses."""
    try:
        data, _ = read_file(path, limit=_MAX_NEIGHBOUR_BYTES)
        table, _ = open_checked(SourceFile.of(path), data, ListForm(), header_rules(Recipe()), [])
    except RolesyncError:
        return 0
    folded = [fold_export_header(text) for text in look.header]
    joined = {fold_export_header(key): places for key, places in joined_places(look.recipe, table.header).items()}
    places_of = {folded.index(key): places for key, places in joined.items() if places and key in folded}
    rows = [cells for _, cells in table.rows if isinstance(cells, list)] if places_of else ()
    numbers = [0]
    for at, places in places_of.items():
        theirs = {row[place].strip() for row in rows for place in places if place < len(row)}
        numbers.append(len({row[at].strip() for row in look.rows} & theirs - {""}))
    return max(numbers)


def _role_options(
    look: TableLook, managed: Sequence[str], *, has_chosen: bool
) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Yield the purpose, the options and their changes of the recipe, by which some users get the role.

    Args:
        look: the table.
        managed: the managed roles.
        has_chosen: whether the user named the roles.
    """
    words = _role_words(look)
    if not words or len(words) > MAX_ROLE_WORDS:
        return
    header = look.header[look.roles[0]].strip()
    standard = () if look.recipe.preset else recipe_by_meaning(look.recipe, look.header).role
    is_standard = look.recipe.preset or fold_header(header) in set(map(fold_header, standard))
    options = [] if is_standard else ["--role-column", header]
    role = managed[0]
    if not look.recipe.mapped_only and (managed_words := [name for name in managed if name in words]):
        yield f"give {', '.join(managed_words)} to the users with this role in {header!r}", options, {}
        return
    no_names = {word for word in words if describe_placeholder(word)}  # `--map` refuses rows with these
    candidates = [word for word in words if word not in no_names] or [word for word in words if answer(word)]
    if not candidates:
        return
    word = min(candidates, key=lambda word: (not is_like_role(word, [role]), -words[word]))
    purpose = f"give {role} to the users with {word!r} in {header!r}"
    has_blank = any(not row[place].strip() for row in look.rows for place in look.roles)
    if is_standard or has_chosen or not (no_names or has_blank):
        yield purpose, [*options, "--map", f"{word}={role}"], {"mapping": {word: role}}
        return
    yes = [other for other in words if other == word or (answer(word) and answer(other))]
    no = [other for other in words if other not in yes]
    options = [text for name, texts in (("--yes", yes), ("--no", no)) for other in texts for text in (name, other)]
    yield purpose, ["--matrix", f"{header}={role}", *options], {"matrix": {header: role}, "yes": yes, "no": no}


def _role_words(look: TableLook) -> Counter[str]:
    """The words of the role columns, in rows that no condition drops."""
    conditions = look.layout.keep if look.layout else ()
    sign, separator = look.recipe.removal_sign, look.recipe.separator
    words: Counter[str] = Counter()
    for row in look.rows:
        if any(condition.judge(row[place]) is RowVerdict.DROPPED for place, condition in conditions):
            continue
        cells = [row[place] for place in look.roles if not (sign and row[place].strip().startswith(sign))]
        names = [name for cell in cells for name in (cell.split(separator) if separator else [cell])]
        words.update(name.strip() for name in names if name.strip())
    return words
