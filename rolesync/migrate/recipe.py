"""The recipe of a migration: which columns identify user and role, which rows count, which file is joined."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rolesync.errors import UsageError

YES = ("yes", "y", "x", "true", "1", "\u2713", "\u2714")
NO = ("no", "n", "false", "0", "-", "\u2013", "\u2717", "\u2718")


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows count, by the word in a column; words are compared without case.

    Attributes:
        columns: the headers that the column may have; a table without such a column has no such condition.
        keep: words of rows that count.
        drop: words of rows that are ignored; None means every other word. With an unknown word, a row is refused.
        why: why a row is ignored, for messages.
        unclear: why a row is refused, for messages.
    """

    columns: tuple[str, ...]
    keep: frozenset[str]
    drop: frozenset[str] | None
    why: str
    unclear: str = "is not a known word in this column"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which columns mean what. Of several possible headers, a preset takes the first that the table has.

    Attributes:
        preset: the name of the export, as in `--from`; "" for any other file.
        title: what such a file is called in messages.
        email, user_id, role, name, starts, expires, action: the possible headers of each field.
        name_parts: the possible headers of columns that together hold the name, if there is no column `name`.
        needed: headers that options name; a table without any of them is refused.
        separator: the text between several roles in a cell; "" if a cell holds one role.
        fixed: the role that every row gives, instead of a role column.
        matrix: headers of columns that each give a role, with the role.
        yes, no: the words of a matrix cell that give the role, and that don't.
        mapping: names in the file, each with the role that it means.
        mapped_only: whether only mapped roles count, because all others are another program's.
        key: the possible headers of the column whose text identifies the user in the joined file.
        join_key, join_email, join_name: the possible headers of the joined file.
        keep: which rows count.
        join_keep: which rows of the joined file count.
        no_address: matches texts that look like an address but aren't one.
        gives, lacks: what the export contains, and why it is not a list of roles.
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
        """Refuse a recipe that makes no sense.

        Args:
            managed: the managed roles.
            sheets: the roles that sheets give.

        Raises:
            UsageError: a word means both yes and no, nothing names the role, or a named role isn't managed.
        """
        yes, no = ({word.strip().casefold() for word in words} for words in (self.yes, self.no))
        if both := sorted(yes & (no | {""})):
            raise UsageError(f"{both[0]!r} means both yes and no", hint="use different words for --yes and --no")
        roles = [*filter(None, [self.fixed]), *self.matrix.values(), *sheets]
        if unmanaged := next((role for role in roles if role not in managed), ""):
            text = f"{unmanaged!r} is not a managed role ({', '.join(managed)}), so no user would get it"
            raise UsageError(text, hint="correct it, or manage it too: --set 'managed_roles=[\"Admin\", …]'")
        if self.mapped_only and not self.fixed and not self.mapping:
            text = f"{self.title} {self.lacks}: no option names the role of its users"
            raise UsageError(text, hint="add --role Admin for all users, or --map NAME=ROLE for some")
