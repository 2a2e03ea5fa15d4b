"""Checks of the files that a command names, before Studio is read: each is of the right kind, or can be written."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from rolesync.errors import InputRefusedError, UsageError
from rolesync.private_files import check_replaceable

if TYPE_CHECKING:
    from rolesync.settings import Settings

_HEAD = 4096  # bytes that show what a file is
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some editors write
_PLAN_KEY = b'"rolesync_plan"'
_APPROVAL = b'\n"approval": {'
_REVIEW_COLUMNS = (b"kind,", b"decision")  # of the table that `show PLAN --csv` writes
_WORKBOOKS = {".xlsx", ".xlsm", ".ods", ".xls"}
_LIST_SUFFIXES = {".csv", ".tsv", ".txt", *_WORKBOOKS}
_NEW_PLAN = "the plan"
_PLAN_AS_JSON = "the plan as JSON"
_APPROVED_PLAN = "the approved plan"
_PLANS = {_NEW_PLAN, _APPROVED_PLAN}
_PAGES = {".html", ".htm"}
_REPORTS = {
    "html": ("a page", rb"<"),
    "json": ("JSON", rb"\{"),
    "markdown": ("a report in Markdown", rb"## rolesync\b"),
    "csv": ("a table of rolesync", rb"(kind|outcome)\W+action\b|status\W+role\b|account\W+status\b|file\W+sheet\b"),
    "xlsx": ("a workbook of rolesync", rb"PK"),
}
"""The forms of a report, each with its name and how such a file begins, apart from blanks and quotes."""

_SHEETS_OF_REPORTS = re.compile(rb"<sheet\b[^>]*?\bname=\"(how to decide|summary|totals)\"")
_TEXTS = {".csv", ".tsv", ".txt", ".html", ".md", ".json"}
_RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]+|\d{8}(T\d*)?")


def check_target(path: Path | None, noun: str, *, report: str = "", workbook: bool = False) -> None:
    """Refuse a target file that can't or shouldn't be replaced; `-` is standard output.

    A plan replaces only a plan, and a report only a report of its form. Nothing else replaces a plan, and nothing
    replaces settings or the decisions of a reviewer. A new plan replaces no approved one.

    Args:
        path: the file; None if there is none.
        noun: what the file will hold, for the message, such as "the plan".
        report: the form of a report, such as "csv"; a name that ends in .html means a page, too.
        workbook: whether it will be a workbook; a report "xlsx" always is.

    Raises:
        UsageError: its folder doesn't exist or can't be written, or the file is a folder or holds other content. Or its
            name is that of a workbook and its content will be text, or the reverse.
    """
    if path is None or str(path) == "-":
        return
    try:
        problem, hint = _problem_of_target(path, noun, report or ("html" if path.suffix in _PAGES else ""))
    except OSError as error:  # such as a name that is too long
        problem, hint = str(error.strerror), "name another file"
    if problem:
        raise UsageError(f"{noun} can't be written to {path}: {problem}; nothing was read or written", hint=hint)
    is_workbook = workbook or report == "xlsx"
    if path.suffix.casefold() in (_TEXTS if is_workbook else _WORKBOOKS):
        kind, ending = ("a workbook", ".xlsx") if is_workbook else ("text", ".csv")
        raise UsageError(
            f"{noun} can't be written to {path}: it is {kind}, and programs couldn't open it by that name; "
            "nothing was read or written",
            hint=f"name a file that ends in another way, such as {path.with_suffix(ending)}",
        )


def _problem_of_target(path: Path, noun: str, report: str) -> tuple[str, str]:
    """Describe why a file can't be written, and what to do; the problem is "" if it can."""
    problem, hint = "", "name another file"
    folder = path.parent
    if path.is_dir():
        problem, hint = "it is a folder", f"name a file inside it, such as {shlex.quote(str(path / 'FILE'))}"
    elif not folder.exists():
        problem = f"the folder {folder} does not exist"
        hint = f"name another file, or make the folder: mkdir -p {shlex.quote(str(folder))}"
    elif not folder.is_dir():
        problem = f"{folder} is not a folder"
    else:
        problem = _other_content(path, noun, report)
        if not problem and _is_filled_in(path):
            problem = "a reviewer has filled in decisions there"
            hint += f", or use these first: rolesync review PLAN --decisions {shlex.quote(str(path))}"
        check_replaceable(path)
    return problem, hint


def _other_content(path: Path, noun: str, report: str) -> str:
    """Describe other content of a file, which the new content would overwrite; "" if there is none."""
    if path.name == ".env" or path.suffix == ".toml":
        return "it is a file of settings"
    head = _head(path)
    if noun in {_NEW_PLAN, _PLAN_AS_JSON} and is_plan(path) and _APPROVAL in head:
        return "it is an approved plan"
    if noun in _PLANS:
        return "that file is not a plan" if head.strip() and not is_plan(path) else ""
    if is_plan(path):
        return "" if noun == _PLAN_AS_JSON else "it is a plan"
    return f"that file is not {_REPORTS[report][0]}" if report and head.strip() and not _is_report(path, report) else ""


def _is_report(path: Path, report: str) -> bool:
    """Whether a file is a report of this form, as rolesync writes it, or as a reviewer has saved it again."""
    text = _head(path).removeprefix(_MARK).lstrip(b' \t\r\n"')
    if not re.match(_REPORTS[report][1], text):
        return False
    if report != "xlsx":
        return True
    try:
        with ZipFile(path) as archive:
            return bool(_SHEETS_OF_REPORTS.search(archive.read("xl/workbook.xml")))
    except (OSError, BadZipFile, KeyError):
        return False


def _is_filled_in(path: Path) -> bool:
    """Whether a file is the table of a plan with decisions of a reviewer."""
    if path.suffix.casefold() not in _LIST_SUFFIXES or not _is_file(path):
        return False
    from rolesync.review.sheet.read import has_decisions

    return has_decisions(path.read_bytes())


def check_new(path: Path, noun: str, *, force: bool) -> None:
    """Refuse to replace a file with content, because people may have edited it.

    Raises:
        UsageError: the file is there, and `force` is False.
    """
    if force or str(path) == "-" or not path.is_file() or not path.stat().st_size:
        return
    raise UsageError(
        f"{path} exists, and {noun} would replace it; nothing was read or written",
        hint="name another file, or replace it on purpose with --force",
    )


def list_of(settings: "Settings") -> str:
    """Return the list that the command line or the settings name.

    Raises:
        UsageError: none is named.
        InputRefusedError: as `check_is_list`.
    """
    if not settings.list:
        raise UsageError("FILE is missing, and no setting names the list", hint="name the list, or set `list`")
    check_is_list(settings.list)
    return settings.list


def shown_list(name: str) -> str:
    """Return the name of a list for messages: an address without its options, which may contain secrets."""
    from rolesync.sources.address import shown_address

    return shown_address(name)


def check_is_list(name: str | None) -> None:
    """Refuse a plan, or the table of a plan's review, where a list is expected. Other problems show when it is read.

    Raises:
        InputRefusedError: it is a plan or such a table.
    """
    from rolesync.sources.address import is_address

    if name is None or is_address(name):
        return
    path = Path(name)
    head, name = _head(path), shlex.quote(str(path))
    if is_plan(path):
        raise InputRefusedError(f"{path} is a plan, not a list", hint=f"to look at it: rolesync show {name}")
    if _is_review_table(head):
        raise InputRefusedError(
            f"{path} is a table for the review of a plan, not a list",
            hint=f"to use its decisions: rolesync review PLAN --decisions {name}",
        )


def describe_other_file(path: Path) -> tuple[str, str]:
    """Describe a file that is not a plan: what it is instead, and what to do with it; two "" if it may be a plan."""
    head, name = _head(path), shlex.quote(str(path))
    if _is_review_table(head):
        return "is a table for the review of a plan, not a plan", f"rolesync review PLAN --decisions {name}"
    if re.match(rb"\s*<", head):
        return "is a page for reading, not a plan", "name the file that `rolesync plan FILE -o PLAN` wrote"
    if path.suffix.casefold() in _LIST_SUFFIXES:
        command = f"rolesync plan {name} -o plan.json"
        return ("is a list, not a plan", command) if head else ("is empty, and not a plan", "name a saved plan")
    return ("", "") if head.strip() else ("is empty", "save the plan again: rolesync plan FILE -o PLAN")


def refuse_file_as_run(name: str) -> None:
    """Refuse the name of a file where the id of a run is expected.

    Raises:
        UsageError: a file of this name is there, and it doesn't look like an id.
    """
    path = Path(name)
    if _RUN_ID.fullmatch(name) or not _is_file(path):
        return
    quoted = shlex.quote(name)
    if is_plan(path):
        raise UsageError(
            f"{name} is a plan, not a run",
            hint=f"`rolesync runs` lists the runs; to look at the plan: rolesync show {quoted}",
        )
    raise UsageError(f"{name} is a file, not a run", hint="`rolesync runs` lists the runs with their ids")


def missing_plan_hint(path: Path) -> str:
    """Describe what to do about a plan that isn't there."""
    if _RUN_ID.fullmatch(str(path)):
        return f"this looks like the id of a run: rolesync show {path}; name a plan by its file"
    from rolesync.tables.regular_file import missing_file_hint

    return missing_file_hint(path, "name a file saved by `rolesync plan FILE -o PLAN`")


def plan_as_json(plan: Path) -> str:
    """Name the JSON of a saved plan for `check_target`: only an approved plan replaces an approved one."""
    return _APPROVED_PLAN if _APPROVAL in _head(plan) else _PLAN_AS_JSON


def is_plan(path: Path) -> bool:
    """Whether a file begins as a plan does."""
    head = _head(path).removeprefix(_MARK)
    return head.lstrip().startswith(b"{") and _PLAN_KEY in head


def _is_review_table(head: bytes) -> bool:
    header = head.removeprefix(_MARK).partition(b"\n")[0].lower().replace(b'"', b"")
    return header.startswith(_REVIEW_COLUMNS[0]) and _REVIEW_COLUMNS[1] in header


def _is_file(path: Path) -> bool:
    """Whether a regular file is there; False also if that can't be found out, such as of a name that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False


def _head(path: Path) -> bytes:
    """Read the beginning of a regular file; empty if it can't be read, or is something else."""
    if not _is_file(path):
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""
