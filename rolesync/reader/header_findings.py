"""What is wrong with the header of a list, each with the option that decides."""

import shlex
from collections.abc import Iterator, Sequence, Set as AbstractSet
from typing import NamedTuple

from rolesync.model.findings import Code, Finding, error, name_some, printable, quoted
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.column_words import header_meaning
from rolesync.reader.fields import OPTIONAL, Field, FoundColumns, fold_name
from rolesync.reader.form_options import form_options
from rolesync.reader.identity import is_address
from rolesync.reader.known_exports import Export
from rolesync.tables.column_letters import named_header
from rolesync.tables.header_text import fold_header

DIVIDE = "put a comma between them, or name the sign that separates them in a first line such as `sep=/`"
"""What to do where no known delimiter divides a text into cells."""

_MAX_LISTED = 20  # headers that a message lists: enough to recognise the file
_SETTINGS = {
    Field.EMAIL: "email_column",
    Field.USER_ID: "user_id_column",
    Field.ROLE: "role_column",
    Field.ROLES: "role_column",
}


class Hints(NamedTuple):
    """What commands in advice name: the file of the list, the managed roles, and how the list is written."""

    file: str = "FILE"
    managed_roles: Sequence[str] = ()
    form: ListForm = AS_WRITTEN

    def migrate(self, *options: str) -> str:
        """Write a command that makes a list of the file."""
        named = {name for text in options for name in shlex.split(text) if name.startswith("--")}
        return " ".join([self._command(named), *options, "-o LIST"])

    @property
    def look(self) -> str:
        """The command that shows what the file holds, and the commands to go on."""
        return self._command(frozenset())

    def _command(self, named: AbstractSet[str]) -> str:
        without = named | {"--role-column"} if "--role" in named else named  # either option alone decides the role
        words = [self.file, *form_options(self.form, without)]
        return " ".join(["rolesync migrate", *(shlex.quote(printable(word)) for word in words)])

    @property
    def role(self) -> str:
        """The option that gives all users a managed role."""
        return option("role", self.managed_roles[0]) if self.managed_roles else "--role ROLE"


def option(name: str, *values: str) -> str:
    """Write an option for a shell, such as `--keep 'Account status=Active'`."""
    return " ".join([f"--{name}", *(shlex.quote(printable(value)) for value in values)])


def list_headers(header: Sequence[str]) -> str:
    """List the first headers for a message."""
    return ", ".join(quoted(printable(text)) for text in header[:_MAX_LISTED]) + (
        ", …" if len(header) > _MAX_LISTED else ""
    )


def is_row(header: Sequence[str], managed_roles: Sequence[str]) -> bool:
    """Whether a header is a row of the list: it has an address, or a number beside a managed role."""
    texts = [cell.strip() for cell in header]
    has_number = any(map(str.isdecimal, texts)) and any(text in managed_roles for text in texts)
    return any(map(is_address, texts)) or (has_number and not any(map(header_meaning, texts)))


def describe_no_header(header: Sequence[str]) -> str:
    """Describe why a row with an address is not a header."""
    address = next((printable(cell) for cell in header if is_address(cell)), "")
    return f"this list has no header: {quoted(address)} is an address" if address else "this list has no header"


def read_without_header(header: Sequence[str], hints: Hints) -> str:
    """Write the command that makes a list of a file without a header."""
    email = next(place for place, cell in enumerate(header, 1) if is_address(cell))
    return hints.migrate("--no-header", option("email-column", str(email)), hints.role)


def no_header(header: Sequence[str], row: int, hints: Hints) -> Finding:
    """Refuse a list whose first row is a row of the list."""
    users = [place for place, cell in enumerate(header) if is_address(cell)]
    name = "email_column" if users else "user_id_column"
    users = users or [place for place, cell in enumerate(header) if cell.strip().isdecimal()]
    columns = [place for place, cell in enumerate(header) if cell.strip() and place not in users]
    roles = [place for place in columns if header[place].strip() in hints.managed_roles] or columns[: len(columns) == 1]
    text = f"{describe_no_header(header)}; add a header, or read the list without one"
    text += "" if roles else f", with one role for all users{', whatever other columns say' * bool(columns)}"
    if roles:
        advice = f"--no-header --set {name}={users[0] + 1} --set role_column={roles[0] + 1}"
    else:
        advice = read_without_header(header, hints)
    return error(Code.NO_HEADER, f"{text}: {advice}", row=row)


def holders_review(header: Sequence[str], row: int, hints: Hints) -> Finding | None:
    """Refuse the workbook in which people mark who stays: as a list it would give everybody the role."""
    if not {"stays", "user id", "role"} <= {cell.strip().casefold() for cell in header}:
        return None
    command = f"rolesync export --decisions {shlex.quote(hints.file)} -o LIST"
    text = f"this is a workbook of `rolesync export --review`, no list; make a list of it: {command}"
    return error(Code.FOREIGN_EXPORT, text, row=row)


def foreign_export(export: Export, row: int, hints: Hints) -> Finding:
    """Refuse an export of another program."""
    advice = "if it is a list all the same, name its columns: --set email_column=HEADER --set role_column=HEADER"
    advice += f"; to see what it holds: {hints.look}"
    if export.readable:
        joined = ["--join USERS_FILE"] if export.join_key and not (export.email or export.login) else []
        advice = f"make a list of it: {hints.migrate('--from', export.name, *joined, hints.role)}"
        if export.role:
            advice += f"; or with --map NAME=ROLE instead of {hints.role}, for some of its users"
    text = f"this looks like {export.title}; it {export.lacks}; {advice}"
    return error(Code.FOREIGN_EXPORT, text, row=row)


def contradicting_columns(columns: FoundColumns, header: Sequence[str], row: int) -> Iterator[Finding]:
    """Refuse several columns with the same meaning; the finding names the option that decides."""
    for field, (first, *other_places) in columns.fields.items():
        for place in other_places:
            names = [printable(header[at]) for at in (first, place)]
            text = f"two columns mean {field}: {quoted(names[0])} and {quoted(names[1])}"
            if fold_header(names[0]) == fold_header(names[1]):
                advice = "keep one of them, or rename the other"
            elif field in OPTIONAL:
                advice = f"leave out the wrong one: {' or '.join(option('ignore-column', name) for name in names)}"
            else:
                choices = (option("set", f"{_SETTINGS[field]}={name}") for name in names)
                advice = f"name the right one: {' or '.join(choices)}"
            yield error(Code.HEADER_DUPLICATE, f"{text}; {advice}", row=row or None, column=names[1])


def missing_columns(
    columns: FoundColumns, header: Sequence[str], row: int, form: ListForm, hints: Hints
) -> Iterator[Finding]:
    """Report columns that the settings name wrongly; else a missing identity or role column."""
    header_text = list_headers(header)
    folded = set(map(fold_header, named_header(header)))
    named = [
        ("email_column names for e-mail addresses", form.email_column),
        ("user_id_column names for user ids", form.user_id_column),
        ("role_column names for roles", form.role_column),
        *(("keep names", name) for name in form.keep),
    ]
    missing = [(setting, name) for setting, name in named if name and fold_name(name, form) not in folded]
    for setting, name in missing:
        text = f"there is no column {quoted(name)}, which {setting}; the header has {header_text}"
        yield error(Code.HEADER_NOT_FOUND, text, row=row or None)
    ignored = {fold_name(name, form) for name in form.ignore_columns}
    for name in (name for name in form.keep if fold_name(name, form) in ignored):
        text = f"the settings both keep words of the column {quoted(name)} and ignore it"
        yield error(Code.COLUMN_UNCLEAR, f"{text}; leave out keep or ignore_columns", row=row or None)
    if not missing:
        yield from _missing_fields(columns, header, row, header_text, hints)


def _missing_fields(
    columns: FoundColumns, header: Sequence[str], row: int, header_text: str, hints: Hints
) -> Iterator[Finding]:
    fields = columns.fields
    names_user = bool({Field.EMAIL, Field.USER_ID} & set(fields))
    email = [option("email-column", printable(header[place])) for place in fields.get(Field.EMAIL, ())]
    is_undivided = len(header) == 1 and not header[0].strip().isalnum() and not set(header[0]) & set(",;|\t")
    if not fields and is_undivided:
        text = f"no known delimiter divides the first row {header_text} into cells"
        yield error(Code.HEADER_NO_IDENTITY, f"{text}; if it has several, {DIVIDE}", row=row or None)
        return
    if not names_user:
        advice = "rename the right column, or name it: --set email_column=HEADER or --set user_id_column=HEADER"
        advice += _describe_blank(header, Field.EMAIL)
        advice += f"; to see what the file holds, and how to go on: {hints.look}"
        text = f"no column 'email' or 'user_id' identifies the user; {advice}; the first row has {header_text}"
        yield error(Code.HEADER_NO_IDENTITY, text, row=row or None)
    if not {Field.ROLE, Field.ROLES} & set(fields):
        advice = f"rename the right column, or name it: --set role_column=HEADER{_describe_blank(header, Field.ROLE)}"
        if names_user:
            advice += f", or give all users one role, whatever other columns say: {hints.migrate(*email, hints.role)}"
        if unclear := [printable(header[place]) for place in columns.unclear_roles]:
            options = (option("set", f"role_column={name}") for name in unclear)
            advice = (
                f"{name_some(map(quoted, unclear))} may hold it, or a job: then {' or '.join(options)}; else {advice}"
            )
        text = f"no column 'role' or 'roles' names the role; {advice}; the first row has {header_text}"
        yield error(Code.HEADER_NO_ROLE, text, row=row or None)
    if {Field.ROLE, Field.ROLES} <= set(fields):
        names = [printable(header[fields[field][0]]) for field in (Field.ROLE, Field.ROLES)]
        text = "there are both a column 'role' and a column 'roles', so it is unclear which one counts"
        choices = (option("set", f"role_column={name}") for name in names)
        advice = f"keep one, or name it: {' or '.join(choices)}"
        yield error(Code.HEADER_TWO_ROLES, f"{text}; {advice}", row=row or None, column=names[1])


def _describe_blank(header: Sequence[str], field: Field) -> str:
    """Describe how to name a column with a blank header; "" if all columns have a header."""
    blank = [name for text, name in zip(header, named_header(header), strict=True) if not text.strip()]
    return f", for the blank header {option('set', f'{_SETTINGS[field]}={blank[0]}')}" if blank else ""


def ignored_columns(header: Sequence[str], form: ListForm) -> Iterator[Finding]:
    """Note for each column that the settings ignore that it is not read, or not there."""
    ignored = {fold_name(name, form): name for name in form.ignore_columns}
    names = named_header(header)
    present = set(map(fold_header, (*header, *names)))
    for name in (name for folded, name in ignored.items() if folded not in present):
        message = f"there is no column {quoted(name)}, which ignore_columns names; check the spelling"
        yield Finding(Level.WARNING, Code.HEADER_NOT_FOUND.value, message, None)
    for text, name in zip(header, names, strict=True):
        if not ignored.keys().isdisjoint({fold_header(text), fold_header(name)}):
            message = "the settings ignore this column"
            yield Finding(Level.INFO, Code.COLUMN_IGNORED.value, message, None, printable(name))
