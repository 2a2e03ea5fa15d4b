"""The options by which some users of a table get a role, for the commands that make sense for it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rolesync.migrate.layout import SourceLayout, find_role_columns
from rolesync.migrate.recipe import Recipe
from rolesync.migrate.role_columns import MAX_ROLE_WORDS, is_like_role
from rolesync.migrate.source_file import SourceFile
from rolesync.model.findings import CellError
from rolesync.reader.column_words import answer
from rolesync.reader.known_exports import RowVerdict
from rolesync.reader.placeholders import describe_placeholder
from rolesync.reader.roles import RoleReader
from rolesync.reader.word_tables import fold_word
from rolesync.tables.header_text import fold_header

_NO_ROLE = frozenset(
    map(fold_word, ("none", "n/a", "na", "null", "nil", "nan", "nothing", "empty", "blank", "—", "--"))
)


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


class RoleOptions(NamedTuple):
    """Options by which some users get a role.

    Attributes:
        purpose: what they do.
        words: the options.
        changes: their changes of the recipe.
        are_managed: whether the rows name managed roles, so that other options make no sense.
    """

    purpose: str
    words: list[str]
    changes: dict[str, Any]
    are_managed: bool = False


def role_options(look: TableLook, managed: Sequence[str], *, has_chosen: bool) -> Iterator[RoleOptions]:
    """Yield the options by which some users get the role; none if no column has the words of roles.

    Where rows name no role, by a blank cell or a word such as `none`, a column of role names would refuse them. Then
    the column is read as one of ticks, if each of its words is certain.

    Args:
        look: the table.
        managed: the managed roles.
        has_chosen: whether the user named the roles.
    """
    words = role_words(look)
    if not words or len(words) > MAX_ROLE_WORDS:
        return
    header = look.header[look.roles[0]].strip()
    is_standard = look.roles[0] in find_role_columns(look.recipe, look.header)
    is_mapped = look.recipe.mapped_only and is_standard  # the roles of an export are another program's
    options = [] if is_standard else ["--role-column", header]
    no_names = {word for word in words if describe_placeholder(word)}
    role_like_words = {word for word in words if not _says_no_role(word)}
    has_gaps = bool(no_names) or any(not row[place].strip() for row in look.rows for place in look.roles)
    may_tick = has_gaps and not (look.recipe.preset or has_chosen or _holds_many(look, look.roles[0]))
    named = [name for name in managed if name in words]
    if named and not is_mapped:
        purpose = f"give {', '.join(named)} to the users with this role in {header!r}"
        if may_tick and len(named) == 1 and _are_certain(role_like_words, managed, {}):
            yield RoleOptions(purpose, *_ticks(header, named[0], named, words), are_managed=True)
        else:
            yield RoleOptions(purpose, options, {}, are_managed=True)
        return
    candidates = [word for word in words if word not in no_names] or [word for word in words if answer(word)]
    if not candidates:
        return
    role = managed[0]
    word = min(candidates, key=lambda word: (not is_like_role(word, [role]), -words[word]))
    purpose = f"give {role} to the users with {word!r} in {header!r}"
    yes = [other for other in words if other == word or (answer(word) and answer(other))]
    if may_tick and _are_certain(role_like_words - set(yes), managed, {word: role}):
        yield RoleOptions(purpose, *_ticks(header, role, yes, words))
    else:
        yield RoleOptions(purpose, [*options, "--map", f"{word}={role}"], {"mapping": {word: role}})


def _ticks(header: str, role: str, yes: Sequence[str], words: Collection[str]) -> tuple[list[str], dict[str, Any]]:
    """The options that read a column of words as one of ticks, and their changes of the recipe."""
    no = [word for word in words if word not in yes]
    options = [text for name, texts in (("--yes", yes), ("--no", no)) for word in texts for text in (name, word)]
    return ["--matrix", f"{header}={role}", *options], {"matrix": {header: role}, "yes": yes, "no": no}


def _says_no_role(word: str) -> bool:
    """Whether a word says that its user has no role; an error value, a formula or `TBD` leaves that open."""
    return answer(word) is False or fold_word(word) in _NO_ROLE


def _are_certain(words: Collection[str], managed: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether each word is a single role, and none is a misspelt one; then a row without the role can say no."""
    reader = RoleReader(managed, mapping, allows_many=False)
    try:
        return all(map(reader.read, words))
    except CellError:
        return False


def role_words(look: TableLook) -> Counter[str]:
    """The words of the role columns, in rows that no condition drops."""
    conditions = look.layout.keep if look.layout else ()
    sign, separator = look.recipe.removal_sign, look.recipe.separator
    words: Counter[str] = Counter()
    for row in look.rows:
        if any(condition.judge(row[place]) is RowVerdict.DROPPED for place, condition in conditions):
            continue
        cells = {place: row[place] for place in look.roles if not (sign and row[place].strip().startswith(sign))}
        names = [
            name
            for place, cell in cells.items()
            for name in _names(cell, separator, holds_many=_holds_many(look, place))
        ]
        words.update(name.strip() for name in names if name.strip())
    return words


def _names(cell: str, separator: str, *, holds_many: bool) -> list[str]:
    if separator:
        return cell.split(separator)
    sign = next((sign for sign in ";|" if sign in cell), ",")
    return cell.split(sign) if holds_many else [cell]


def _holds_many(look: TableLook, place: int) -> bool:
    """Whether a column's header is that of several roles in a cell."""
    return fold_header(look.header[place]) == "roles" and not look.recipe.preset
