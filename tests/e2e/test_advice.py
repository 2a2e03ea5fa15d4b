"""Each refusal of a list or a spreadsheet that advises an option or a command: its advice is run, and helps."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import rolesync
from rolesync.migrate.ledger import CellReason
from rolesync.model.findings import Code
from rolesync.reader.read import read_desired
from tests.command import Shell
from tests.reader.corpus import CASES, MANAGED, TODAY
from tests.tables.books import xlsx

A, B, C, D = ("a@x.edu", "b@x.edu", "c@x.edu", "d@x.edu")


class Refused(NamedTuple):
    """A command that refuses its files: the code, the files, and the words of the command."""

    code: str
    files: dict[str, str | bytes]
    command: tuple[str, ...] = ("validate", "list.csv")


def _list(code: str, content: str | bytes, *options: str) -> Refused:
    return Refused(code, {"list.csv": content}, ("validate", "list.csv", *options))


def _table(code: str, content: str | bytes, *options: str) -> Refused:
    return Refused(code, {"s.csv": content}, ("migrate", "s.csv", *options, "-o", "out.csv"))


ADVISED = [
    _list(
        Code.SHEET_UNCLEAR, xlsx({"New one": [["email", "role"], [A, "Admin"]], "B": [["email", "role"], [B, "Admin"]]})
    ),
    _list(Code.SHEET_UNCLEAR, xlsx({"New one": [["email", "role"], [A, "Admin"]]}), "--sheet", "Nwe one"),
    _list(Code.SHEET_UNCLEAR, f"email,role\n{A},Admin\n", "--sheet", "x"),
    _list(Code.NOT_UTF8, f"email,role\n{A},Prüfer\n{B},Admin\n".encode("cp1252")),
    _list(Code.NOT_UTF8, f"email,role\n{A},Admin\n".encode("utf-32")),
    _list(Code.NOT_UTF8, f"email,role,氏名\n{A},Admin,佐藤\n".encode("iso-2022-jp")),
    _list(Code.NOT_UTF8, f"email,role,name\n{A},Admin,דוד כהן\n".encode("cp1255")),
    _list(Code.NOT_UTF8, f"email,role\n{A},Prüfer\n".encode("cp1252"), "--encoding", "utf-8"),
    _list(Code.NOT_UTF8, f"email,role\n{A},Admin\n".encode("utf-8-sig"), "--encoding", "cp1252"),
    _list(Code.NOT_UTF8, xlsx({"L": [["email", "role"], [A, "Admin"]]}), "--encoding", "cp1252"),
    _list(Code.NOT_UTF8, f" email  | role  | Konto \n-------+-------+-----\n {A} | Prüfer | aktiv\n".encode("cp1252")),
    _list(
        Code.COLUMN_UNCLEAR,
        f"email,role,Account status\n{A},Admin,Active\nrén@x.edu,Admin,Suspended\n".encode("cp1252"),
    ),
    _list(Code.COLUMN_UNCLEAR, f"email,role,Notes\n{A},Admin,\n{B},Admin,has left\n"),
    _list(Code.COLUMN_UNCLEAR, f"email,role,Account status\n{A},Admin,Active\n{B},Admin,Suspended\n"),
    _list(Code.COLUMN_UNCLEAR, f"email,role,xyz\n{A},Admin,\n{B},Admin,gesperrt\n"),
    _list(Code.COLUMN_UNCLEAR, f"email,role,\n{A},Admin,\n{B},Admin,gesperrt\n"),
    _list(Code.COLUMN_UNCLEAR, f"email,role,until\n{A},Admin,2020-01-01\n"),
    _list(Code.COLUMN_UNCLEAR, f"email,role,it's =off\n{A},Admin,active\n{B},Admin,suspended\n"),
    _list(Code.ACTION_UNKNOWN, f"email,role,status\n{A},Admin,active\n{B},Admin,invited\n"),
    _list(Code.DATE_INVALID, f"email,role,expires\n{A},Admin,soon\n"),
    _list(Code.DATE_AMBIGUOUS, f"email,role,expires\n{A},Admin,03/04/2027\n"),
    _list(Code.HEADER_DUPLICATE, f"Work email,School email,role\n{A},{B},Admin\n"),
    _list(Code.HEADER_DUPLICATE, f"email,role,expires,End date\n{A},Admin,,2027-01-01\n"),
    _list(Code.HEADER_TWO_ROLES, f"email,role,roles\n{A},Admin,Admin\n"),
    _list(Code.HEADER_NO_ROLE, f"email,note\n{A},x\n"),
    _list(Code.HEADER_NO_ROLE, f"email,Función\n{A},Admin\n"),
    _list(Code.HEADER_NO_ROLE, f'"email,""Función"""\n"{A},""Admin"""\n'.encode("cp1252")),
    _list(Code.HEADER_NO_IDENTITY, f"Kontakt,role\n{A},Admin\n"),
    _list(Code.HEADER_NO_IDENTITY, f",role\n{A},Admin\n"),
    _list(Code.NO_HEADER, f"- {A}: Admin\n- {B}: Admin\n"),
    _list(Code.COLUMN_UNCLEAR, f'email,role,Notes\n{A},Admin,\n{B},Admin,"left, 3 May"\n'),
    _list(Code.COLUMN_UNCLEAR, f"email,role,Dar de baja\n{A},Admin,\n{B},Admin,sí\n"),
    _list(Code.NO_HEADER, f"{A},Admin\n{B},Admin\n"),
    _list(Code.NO_HEADER, f"{A}\n{B}\n"),
    _list(Code.NO_HEADER, "101,Admin\n102,Admin\n"),
    _list(Code.FOREIGN_EXPORT, f"Email address,Group status\n{A},member\n"),
    _list(Code.USER_ID_INVALID, f"email,user_id,role\n{A},x7,Admin\n"),
    _list(Code.ROW_ABOVE_HEADER, f"{A},Admin\nemail,role\n{B},Admin\n"),
    _table(CellReason.DECISION_NEEDED, f"Email address,Group status\n{A},member\n{B},invited\n", "--role", "Admin"),
    _table(CellReason.DECISION_NEEDED, f"email,Suspended\n{A},\n{B},x\n", "--role", "Admin"),
    _table(CellReason.DECISION_NEEDED, f"email,Account status\n{A},Active\n{B},\n{C},Suspended\n", "--role", "Admin"),
    _table(CellReason.DECISION_NEEDED, f"email,Active\n{A},yes\n{B},\n", "--role", "Admin"),
    _table(CellReason.DECISION_NEEDED, f"email,Active,Suspended\n{A},yes,\n{B},no,\n{C},yes,x\n", "--role", "Admin"),
    _table(
        CellReason.DECISION_NEEDED,
        f"email,role,Account status\n{A},Admin,Active\nrén@x.edu,Admin,Suspended\n".encode("cp1252"),
    ),
    _table(CellReason.DECISION_NEEDED, f"email,Notes\n{A},\n{B},arbeitet nicht mehr hier\n", "--role", "Admin"),
    _table(CellReason.DECISION_NEEDED, f"email,xyz\n{A},\n{B},gesperrt\n", "--role", "Admin"),
    _table(
        CellReason.DECISION_NEEDED,
        "email,Account status\n" + "".join(f"{n}@x.edu,code {n}\n" for n in range(40)) + f"{A},active\n",
        "--role",
        "Admin",
    ),
    _table(CellReason.DECISION_NEEDED, f"email,Account status\n{A},a=b\n{B},active\n", "--role", "Admin"),
    _table(CellReason.WORD_UNKNOWN, f"Email address,Group status\n{A},member\n{B},zzz\n", "--role", "Admin"),
    _table(Code.ACTION_UNKNOWN, f"email,role,status\n{A},Admin,active\n{B},Admin,invited\n"),
    _table(Code.EMAIL_INVALID, f"email,role\n{A},Admin\nbo,Admin\n"),
    _table("", f"email,note\n{A},x\n"),
    _table("", f"{A}\n{B}\n"),
    _table("", f"email,role,expires,End date\n{A},Admin,,2027-01-01\n"),
    Refused(
        "", {"s.xlsx": xlsx({"A b": [["email"], [A]], "B": [["email"], [B]]})}, ("migrate", "s.xlsx", "-o", "o.csv")
    ),
]

CORRECTED = frozenset(
    {
        *(Code.NOT_TEXT, Code.DAMAGED, Code.MERGED_CELLS, Code.NUL_BYTE, Code.UNCLOSED_QUOTE, Code.BROKEN_QUOTING),
        *(Code.SWALLOWED_ROW, Code.ERROR_NOTED, Code.CUT_ROW, Code.ROW_TOO_SHORT, Code.ROW_TOO_LONG, Code.NO_ROWS),
        *(Code.DELIMITER_UNCLEAR, Code.COMMENTED_ROW, Code.HEADER_SHORT, Code.IDENTITY_MISSING, Code.EMAIL_LOOKALIKE),
        *(Code.IDENTITY_CONFLICT, Code.ROLE_MISSING, Code.ROLE_CONTROL_CHARACTER, Code.ROLE_SEPARATORS_MIXED),
        *(Code.SEVERAL_ROLES, Code.ROLE_NEAR_MISS, Code.ROLE_NO_NAME, Code.DATES_REVERSED, Code.CONTRADICTION),
        *(Code.HEADER_NOT_FOUND, CellReason.CONFLICT, CellReason.KEY_UNCLEAR, CellReason.KEY_UNKNOWN),
        *(Code.NO_MANAGED_ROLE, CellReason.NO_ADDRESS, CellReason.NEITHER_YES_NOR_NO, CellReason.ROW_REFUSED),
        CellReason.CONTRADICTION,
    }
)
"""Codes of refusals that only a corrected file ends; in `migrate`, `--partial` goes on without their rows."""

_REFUSES = re.compile(
    r"(?:error|CellError)\(\s*(Code|CellReason)\.(\w+)|REFUSED, (Code|CellReason)\.(\w+)|return (CellReason)\.(\w+)"
)
_FLAGS = {"--no-header", "--no-user-id", "--partial"}
_START = re.compile(r"(?<!\S)(?:--[a-z]|rolesync (?=migrate|validate))")
_TOKEN = re.compile(r"\s?((?:'[^']*'|\"[^\"]*\"|[^\s;,'\"])+)")
_PLACEHOLDER = re.compile(r"HEADER|NAME=ROLE|USERS_FILE|\bROLE\b|…")


def test_every_code_of_a_refusal_has_a_case() -> None:
    folder = Path(rolesync.__file__).parent
    texts = [
        path.read_text("utf-8") for room in ("reader", "tables", "migrate") for path in (folder / room).glob("*.py")
    ]
    kinds = {"Code": Code, "CellReason": CellReason}
    raised = [[group for group in match.groups() if group] for text in texts for match in _REFUSES.finditer(text)]
    codes = {str(kinds[kind][name]) for kind, name in raised}
    assert codes == {str(case.code) for case in ADVISED if case.code} | set(map(str, CORRECTED))


def test_refusals_that_another_file_corrects_advise_no_option(tmp_path: Path) -> None:
    for case in CASES:
        path = tmp_path / "list.csv"
        path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
        for finding in read_desired(path, managed_roles=MANAGED, today=TODAY).findings:
            assert finding.code not in CORRECTED or not re.search(r"\s--[a-z]", finding.message), case.name


@pytest.mark.parametrize("case", ADVISED, ids=lambda case: f"{case.command[0]}-{case.code}")
def test_the_advice_of_a_refusal_helps(sh: Shell, case: Refused) -> None:
    for name, content in case.files.items():
        (sh.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    codes, advice = _refusals(sh, case.command)
    assert case.code in codes or not case.code
    commands = [(command, text) for text in advice for command in _commands(text, case.command)]
    assert commands, advice
    for command, text in commands:
        _, again = _refusals(sh, command)
        if text.startswith("rolesync migrate"):  # a complete command
            assert not again, command
        else:
            assert text not in again, command


def _refusals(sh: Shell, command: tuple[str, ...]) -> tuple[set[str], list[str]]:
    """The codes by which a command refuses, "" for an error without a code, and the texts with advice."""
    done = sh.run(*command, "--format", "json", base_url=None, token=None)
    assert done.returncode in {0, 3, 5, 64}, done.stderr
    only_shows = command[0] == "migrate" and "-o" not in command  # the file's content, whose refusals are no failure
    if only_shows or done.returncode in {0, 5}:
        return set(), []
    result = json.loads(done.stdout)
    errors = [finding for finding in result.get("findings", []) if finding.get("level") == "error"]
    errors += result.get("refused", [])
    texts = [error["message"] for error in errors]
    texts += [entry["command"] for entry in result.get("commands", [])]
    codes = {error["code"] for error in errors}
    if not codes:
        shown = sh.run(*command, base_url=None, token=None)
        return {""}, [*(shown.stdout + shown.stderr).splitlines()]
    return codes, texts


def _commands(text: str, command: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The commands that a text advises: whole ones, or its options added to the refused command."""
    place = 0
    while start := _START.search(text, place):
        words: list[str] = []
        place = start.start()
        while token := _TOKEN.match(text, place):
            takes_next = words[-1:] == ["rolesync"] or words[-2:-1] == ["rolesync"]
            expects_value = bool(words) and words[-1].startswith("-") and words[-1] not in _FLAGS
            if not (takes_next or expects_value or re.match(r"--?[a-z]|rolesync$", token[1])):
                break
            words += shlex.split(token[1])
            place = token.end()
        place = max(place, start.end())
        if not words or words == ["rolesync"] or _PLACEHOLDER.search(" ".join(words)):
            continue
        if text[: start.start()].endswith("leave out "):
            at = command.index(words[0])
            yield (*command[:at], *command[at + 2 :])
        elif words[0] == "rolesync":
            yield tuple("out2.csv" if word == "LIST" else word for word in words[1:])
        else:
            yield (*command, *words)
