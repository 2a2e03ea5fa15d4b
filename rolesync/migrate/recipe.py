"""The recipe of a migration: which columns identify user and role, which rows count, which file is joined."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rolesync.errors import UsageError
from rolesync.reader.known_exports import RowCondition
from rolesync.tables.header_text import fold_header

_YES = ("yes", "y", "x", "true", "1", "\u2713", "\u2714")
_NO = ("no", "n", "false", "0", "-", "\u2013", "\u2717", "\u2718")


_OPTIONS = ("family", "needed", "fixed", "matrix", "yes", "no", "mapping", "keep_words", "ignored_columns", "named")
"""The fields of a recipe that options set, whatever the export."""


class RoleMissingError(UsageError):
    """No option names the role of an export's users."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which columns mean what. Of several possible headers, a preset takes the first that the table has.

    Attributes:
        preset: the name of the export, as in `--from`; "" for any other file.
        title: what such a file is called in messages.
        family: the name in `--from`, which may mean several kinds of exports.
        confirmed: whether public material shows all headers and words of the export; true for any other file.
        email, user_id, role, name, starts, expires, action: the possible headers of each field. In a table that is no
            export, the meaning of a header counts, too, see `recipe_by_meaning`.
        login: the possible headers of login names, which may be addresses.
        every_role: whether each column of `role` holds a role.
        name_parts: the possible headers of columns that together hold the name, if there is no column `name`.
        named: the fields above whose headers options name; an export is then read with these.
        needed: headers that options name; a table without any of them is refused.
        keep_words: of columns that `--keep` names, the words of rows that count.
        ignored_columns: the columns that `--ignore-column` names.
        removal_sign: a role that begins with it is taken away.
        first_address: whether the first of several addresses in a cell counts.
        unix_dates: whether dates are seconds since 1970.
        example_row: how the first cell of a template's example begins.
        separator: the text between several roles in a cell; "" if a cell holds one role.
        fixed: the role that every row gives, instead of a role column.
        matrix: headers of columns that each give a role, with the role.
        yes, no: the words of a matrix cell that give the role, and that don't.
        mapping: names in the file, each with the role that it means.
        mapped_only: whether only mapped roles count, because all others are another program's.
        key: the possible headers of the column whose text identifies the user in the joined file.
        join_key: for each key the possible headers of the column in the joined file.
        join_email, join_login, join_name: the possible headers of the joined file.
        keep: which rows count.
        join_keep: which rows of the joined file count.
        no_address: matches texts that look like an address but aren't one.
        gives, lacks: what the export contains, and why it is not a list of roles.
    """

    preset: str = ""
    family: str = ""
    title: str = ""
    confirmed: bool = True
    email: tuple[str, ...] = ("email", "email address", "e-mail", "mail")
    login: tuple[str, ...] = ()
    user_id: tuple[str, ...] = ("user id",)
    role: tuple[str, ...] = ("role", "roles")
    every_role: bool = False
    name: tuple[str, ...] = ("name", "full name", "display name", "displayName")
    name_parts: tuple[tuple[str, ...], ...] = (("first name", "given name"), ("last name", "family name", "surname"))
    starts: tuple[str, ...] = ()
    expires: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    needed: tuple[str, ...] = ()
    keep_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ignored_columns: Sequence[str] = ()
    separator: str = ""
    removal_sign: str = ""
    first_address: bool = False
    unix_dates: bool = False
    example_row: str = ""
    fixed: str = ""
    matrix: Mapping[str, str] = field(default_factory=dict)
    yes: Sequence[str] = _YES
    no: Sequence[str] = _NO
    mapping: Mapping[str, str] = field(default_factory=dict)
    mapped_only: bool = False
    key: tuple[str, ...] = ()
    join_key: tuple[tuple[str, ...], ...] = ()
    join_email: tuple[str, ...] = ()
    join_login: tuple[str, ...] = ()
    join_name: tuple[str, ...] = ()
    keep: tuple[RowCondition, ...] = ()
    join_keep: tuple[RowCondition, ...] = ()
    no_address: re.Pattern[str] | None = None
    gives: str = ""
    lacks: str = ""

    def with_options_of(self, options: "Recipe") -> "Recipe":
        """This recipe of an export with the options of another recipe; columns that options name win."""
        fields: dict[str, object] = {name: getattr(options, name) for name in (*_OPTIONS, *options.named)}
        if "email" in options.named:
            fields["login"] = ()
        if "join_email" in options.named:
            fields["join_login"] = ()
        own_roles = set(map(fold_header, self.role))
        names_other_role = "role" in options.named and not set(map(fold_header, options.role)) <= own_roles
        return replace(self, **fields, mapped_only=self.mapped_only and not names_other_role)  # type: ignore[arg-type]

    def check(self, managed: Collection[str], sheets: Collection[str] = ()) -> None:
        """Refuse a recipe that makes no sense.

        Args:
            managed: the managed roles.
            sheets: the roles that sheets give.

        Raises:
            UsageError: a word means both yes and no, nothing names the role, or a named role isn't managed.
        """
        yes, no = ({word.strip().casefold() for word in words} for words in (self.yes, self.no))
        if overlap := sorted(yes & (no | {""})):
            raise UsageError(f"{overlap[0]!r} means both yes and no", hint="use different words for --yes and --no")
        roles = [*filter(None, [self.fixed]), *self.matrix.values(), *sheets]
        if unmanaged := next((role for role in roles if role not in managed), ""):
            text = f"{unmanaged!r} is not a managed role ({', '.join(managed)}), so no user would get it"
            raise UsageError(text, hint="correct it, or manage it too: --set 'managed_roles=[\"Admin\", …]'")
        if self.mapped_only and not sheets:
            self.check_role()

    def check_role(self) -> None:
        """Refuse a recipe of an export if no option names the role of its users.

        Raises:
            UsageError: there is no such option.
        """
        if self.mapped_only and not (self.fixed or self.mapping or self.matrix):
            text = f"{self.title} {self.lacks}: no option names the role of its users"
            raise RoleMissingError(text, hint="add --role Admin for all users, or --map NAME=ROLE for some")
