"""The exports of other programs that rolesync knows, as data: `exports.toml` holds them, this module its types.

The table serves two rooms: the reader recognises an export by it, and refuses it as a list; `migrate` reads it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TABLE = "exports.toml"


class ExportCondition(BaseModel):
    """Which rows count, by the word in a column.

    Attributes:
        columns: the headers that the column may have; an export without such a column has no such condition.
        keep: words of rows that count; "" is a blank cell.
        drop: words of rows that are ignored.
        others: what happens to a row with any other word.
        why: why a row is ignored, for messages.
        unclear: why a row is refused, for messages; "" for an unknown word.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] = Field(min_length=1)
    keep: frozenset[str]
    drop: frozenset[str] = frozenset()
    others: Literal["refuse", "drop"] = "refuse"
    why: str = ""
    unclear: str = ""


class Export(BaseModel):
    """A kind of export. The headers of a field are in the order of preference: the first that the file has counts.

    Attributes:
        name: its name for `migrate --from`.
        title: what to call such a file in a message, with its article.
        source: where headers and words were looked up.
        confirmed: whether public material shows all headers and words.
        headers: sets of headers; a file that has all of any set is such an export.
        email, role, full_name, starts, expires: the headers of each field.
        name_parts: the headers of columns that together hold the name, if there is no `full_name`.
        separator: the text between several roles in a cell; "" if a cell holds one.
        key: the headers of the column whose text identifies the user in a joined file.
        join_key, join_email, join_name: the headers of the joined file.
        no_address: a pattern of texts that look like addresses but aren't.
        gives, lacks: what the export holds, and why it is not a list of roles. Both continue "it".
        mind: what else a user must know; "" for nothing.
        keep: which rows count.
        join_keep: which rows of the joined file count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    source: str
    confirmed: bool
    headers: tuple[tuple[str, ...], ...] = ()
    email: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    full_name: tuple[str, ...] = ()
    name_parts: tuple[tuple[str, ...], ...] = ()
    starts: tuple[str, ...] = ()
    expires: tuple[str, ...] = ()
    separator: str = ""
    key: tuple[str, ...] = ()
    join_key: tuple[str, ...] = ()
    join_email: tuple[str, ...] = ()
    join_name: tuple[str, ...] = ()
    no_address: str = ""
    gives: str = ""
    lacks: str
    mind: str = ""
    keep: tuple[ExportCondition, ...] = ()
    join_keep: tuple[ExportCondition, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether `migrate` can make a list of it: it has addresses, or keys of addresses in another file."""
        return bool(self.email or self.key)


@cache
def known_exports() -> Mapping[str, Export]:
    """All exports of the table, by name."""
    table = tomllib.loads((files(__package__) / TABLE).read_text(encoding="utf-8"))
    return {name: Export(name=name, **entry) for name, entry in table.items()}
