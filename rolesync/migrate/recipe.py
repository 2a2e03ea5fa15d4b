"""How a table becomes roles: which columns name the person and the role, which rows count, what stands elsewhere."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rolesync.errors import UsageError

YES = ("yes", "y", "x", "true", "1", "\u2713", "\u2714")
NO = ("no", "n", "false", "0", "-", "\u2013", "\u2717", "\u2718")


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows count, by the word in one column; words are compared without regard to case.

    A row with a word of `drop` is ignored, with `why`; one with a word of neither is refused, with `unclear`. Where
    `drop` is None, every other word is ignored. A table without the column has no such condition.
    """

    columns: tuple[str, ...]
    keep: frozenset[str]
    drop: frozenset[str] | None
    why: str
    unclear: str = "is no word known in this column"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which columns mean what; where several headers are named, a preset takes the first that is there.

    Args:
        preset: the name of the export that it reads, "" where nothing is known of the file.
        title: what such a file is, for people.
        email, user_id, role, name, starts, expires: the columns.
        name_parts: columns that together are the name, where there is no column of the whole one.
        needed: headers that somebody has named, which a table without them is refused for.
        separator: what stands between several roles of one cell; "" where a cell holds one.
        fixed: the role that every row gives, instead of a column.
        matrix: columns that each stand for one role, with it; a cell of `yes` gives it, one of `no` doesn't.
        mapping: names in the file, each with the role it stands for.
        mapped_only: whether a role that is neither mapped nor managed is simply another program's.
        key: the column whose text names the person in the file that is joined.
        join_key, join_email, join_name: the columns there.
        keep: which rows count.
        join_keep: which rows of the joined file count.
        no_address: what looks like an address there and is none.
        gives, lacks: what the file can on_note, and what it can't.
    """

    preset: str = ""
    title: str = ""
    email: tuple[str, ...] = ("email", "email address", "e-mail", "mail")
    user_id: tuple[str, ...] = ("user id",)
    role: tuple[str, ...] = ("role", "roles")
    name: tuple[str, ...] = ("name", "full name", "display name", "displayName")
    name_parts: tuple[tuple[str, ...], ...] = (("first name", "given name"), ("last name", "family name", "surname"))
    starts: tuple[str, ...] = ("starts", "starts on", "valid from")
    expires: tuple[str, ...] = ("expires", "expires on", "expiry", "expiry date", "expiration date", "valid until")
    action: tuple[str, ...] = ("action", "status")
    needed: tuple[str, ...] = ()
    separator: str = ""
    fixed: str = ""
    matrix: Mapping[str, str] = field(default_factory=dict)
    yes: Sequence[str] = YES
    no: Sequence[str] = NO
    mapping: Mapping[str, str] = field(default_factory=dict)
    mapped_only: bool = False
    key: tuple[str, ...] = ()
    join_key: tuple[str, ...] = ()
    join_email: tuple[str, ...] = ()
    join_name: tuple[str, ...] = ()
    keep: tuple[Condition, ...] = ()
    join_keep: tuple[Condition, ...] = ()
    no_address: re.Pattern[str] | None = None
    gives: str = ""
    lacks: str = ""

    def check(self, managed: Collection[str], sheets: Iterable[str] = ()) -> None:
        """Refuse what can't be meant.

        Args:
            managed: the managed roles.
            sheets: the roles that sheets stand for.

        Raises:
            UsageError: a word is both yes and no, nothing says which role is given, or one that is said isn't managed.
        """
        yes, no = ({word.strip().casefold() for word in words} for words in (self.yes, self.no))
        if both := sorted(yes & (no | {""})):
            raise UsageError(f"{both[0]!r} is said to mean both yes and no", hint="give --yes and --no other words")
        said = [*filter(None, [self.fixed]), *self.matrix.values(), *sheets]
        if other := next((role for role in said if role not in managed), ""):
            text = f"{other!r} is no managed role ({', '.join(managed)}), so nobody would get it"
            raise UsageError(text, hint="correct it, or manage it too: --set 'managed_roles=[\"Admin\", …]'")
        if self.mapped_only and not self.fixed and not self.mapping:
            text = f"{self.title} {self.lacks}: nothing says which role its people get"
            raise UsageError(text, hint="say it: --role Admin for all of them, or --map NAME=ROLE for some")
