"""Tables that are not exports: the columns by their headers in eight languages, and the columns against a user."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from rolesync.migrate.recipe import Recipe
from rolesync.reader.column_words import (
    CellMeaning,
    ColumnKind,
    cell_meaning,
    header_meanings,
    speaks_against_user,
)
from rolesync.reader.doubtful_columns import is_against, objecting_words
from rolesync.reader.known_exports import RowCondition
from rolesync.reader.recognise_exports import fold_export_header
from rolesync.reader.word_tables import fold_word
from rolesync.tables.column_letters import name_column

_FIELDS = {
    "email": (ColumnKind.EMAIL,),
    "role": (ColumnKind.ROLE, ColumnKind.ROLES),
}
_LIMITS = {
    "starts": (ColumnKind.STARTS,),
    "expires": (ColumnKind.EXPIRES,),
    "action": (ColumnKind.ACTION,),
}
_ABOUT_ROW = {ColumnKind.ACTION, ColumnKind.REMOVE}
_DAYS = {ColumnKind.STARTS, ColumnKind.EXPIRES}
_COUNTING = {CellMeaning.COUNTS, CellMeaning.BLANK}
_AGAINST = "the user may be gone"


def recipe_by_meaning(recipe: Recipe, header: Sequence[str]) -> Recipe:
    """Name the columns of a table by the meaning of their headers, where no header is spelled as the recipe has it.

    Columns that limit a role or take it away are named in any case: an ignored one could be the one that does.

    Args:
        recipe: the recipe; that of an export names its columns itself, and is returned unchanged.
        header: the header's cells.
    """
    if recipe.preset:
        return recipe
    folded = set(map(fold_export_header, header))
    meanings = header_meanings(header)

    def meant(*kinds: ColumnKind) -> tuple[str, ...]:
        pairs = zip(header, meanings, strict=True)
        return tuple(text for text, meaning in pairs if meaning and meaning.sure and meaning.kind in kinds)

    def is_missing(names: Collection[str]) -> bool:
        return folded.isdisjoint(map(fold_export_header, names))

    fields: dict[str, object] = {
        field: names
        for field, kinds in _FIELDS.items()
        if field not in recipe.named and is_missing(getattr(recipe, field)) and (names := meant(*kinds))
    }
    limits = {field: kinds for field, kinds in _LIMITS.items() if field not in recipe.named}
    fields |= {field: (*getattr(recipe, field), *meant(*kinds)) for field, kinds in limits.items()}
    parts = [name for names in recipe.name_parts for name in names]
    if "name" not in recipe.named and is_missing((*recipe.name, *parts)):
        fields["name"] = meant(ColumnKind.NAME)
        fields["name_parts"] = (meant(ColumnKind.GIVEN_NAME), meant(ColumnKind.FAMILY_NAME))
    return replace(recipe, **fields)  # type: ignore[arg-type]


def ignored_places(recipe: Recipe, header: Sequence[str]) -> set[int]:
    """The columns that `--ignore-column` names; a blank name is any column with a blank header.

    Args:
        recipe: the recipe.
        header: the header with a name for each column, see `named_header`.
    """
    names = set(map(fold_export_header, recipe.ignored_columns))
    return {
        at
        for at, text in enumerate(header)
        if fold_export_header(text) in names or ("" in names and text == name_column("", at))
    }


def conditions_by_meaning(
    header: Sequence[str],
    read: Collection[int],
    rows: Sequence[Sequence[str]],
    today: date,
    *,
    is_export: bool = False,
) -> Iterator[tuple[int, RowCondition]]:
    """Yield a condition for each column that may speak against a user.

    Rows that a column asks to remove are ignored. All other words against a user leave open whether their rows count.
    A header of unknown meaning may be about anything, so once options name words of its column, no other word counts.

    Args:
        header: the header's cells.
        read: the columns that are read as something else.
        rows: all rows.
        today: the day that decides whether a date speaks against a row.
        is_export: whether the table is a known export; then unknown words in its other columns say nothing.
    """
    for place, meaning in enumerate(header_meanings(header)):
        if place in read:
            continue
        words = {row[place].strip() if place < len(row) else "" for row in rows}
        if meaning is None:
            if against := set(filter(speaks_against_user, words)):
                condition = _condition(header[place], words, words - against, set(), _AGAINST)
                yield place, condition.model_copy(update={"named_only": True})
        elif meaning.kind in _ABOUT_ROW:
            drop = {word for word in words if cell_meaning(meaning.kind, word) is CellMeaning.AGAINST}
            keep = {word for word in words if cell_meaning(meaning.kind, word) in _COUNTING}
            yield place, _condition(header[place], words, keep, drop, "the row removes the role")
        elif meaning.may_speak_against or meaning.kind in _DAYS:
            objecting = set(objecting_words(meaning, words, today))
            keep = words - {word for word in objecting if not is_export or is_against(meaning, word, today)}
            yield place, _condition(header[place], words, keep, set(), _AGAINST)


def _condition(header: str, words: set[str], keep: set[str], drop: set[str], why: str) -> RowCondition:
    """The condition of a column with these words; `1.12.` and `11.2.` are the same word, and count together."""
    unclear = set(map(fold_word, words - keep))
    exact = frozenset(word for word in keep if fold_word(word) not in unclear)
    return RowCondition(columns=(header,), exact=exact, drop=frozenset(drop), others="ask", why=why)
