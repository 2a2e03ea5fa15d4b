"""Damaged lists: bytes cut, flipped and put in. Never a crash, never a hang, never a pair that isn't in the file."""

import faulthandler
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rolesync.model.frames import DESIRED, require
from rolesync.model.keys import email_key
from rolesync.model.lists import ListForm
from rolesync.model.vocabulary import Level
from rolesync.reader.lookalikes import FULL_WIDTH, without_invisible
from rolesync.reader.read import read_desired
from tests.reader.corpus import MANAGED, TODAY
from tests.tables.books import Rows, ods, xls, xlsx

SECONDS = 120  # after which one read is taken for a hang, however slow the machine

TEXT = (
    "# people of the studio\n"
    "email;user_id;role;action;expires;note\n"
    "ann@x.edu;101;Admin;add;2026-06-30;first\n"
    'Bob <bob+studio@x.edu>;;"Editor, French";;;"two\nlines"\n'
    "j\u00fcrgen@x.edu;;Admin;active;;\u00fc\n"
    ";9007199254740993;Admin;;;\n"
    "o'brien@x.edu;7;Admin;remove;;gone\n"
    "Total: 5;;;;;\n"
)
ROWS: Rows = [["email", "user_id", "role"], ["ann@x.edu", 101, "Admin"], ["bob@x.edu", "", "Admin"], ["", 7, "Admin"]]
PAIRS = {("ann@x.edu", 101, "Admin"), ("bob@x.edu", 0, "Admin"), ("", 7, "Admin")}

# What is likely to matter somewhere, besides what chance puts in.
SPLINTERS = (
    *(b'"', b"'", b'""', b";", b";;;;;;;", b",", b"\t", b"|", b"\n", b"\r", b"@", b"<", b">", b"#", b"="),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"PK\x03\x04", b"\x1f\x8b"),
    *(b"sep=,\n", b"email", b"0" * 40),
)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw up to four wounds: bytes cut out, changed, doubled or put in."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 2, 5, 40, len(whole)])))
        kind = draw(st.sampled_from(["cut", "flip", "put", "double"]))
        if kind == "cut":
            del data[start:end]
        elif kind == "flip" and start < len(data):
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "put":
            data[start:start] = draw(st.sampled_from(SPLINTERS) | st.binary(max_size=6))
        else:
            data[start:start] = data[start:end]
    return bytes(data)


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """End the whole test run with a traceback where a read doesn't end."""
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def _pairs(folder: Path, data: bytes, form: ListForm) -> set[tuple[str, int, str]]:
    """Read a file, hold what is promised of any, and return who is given what."""
    path = folder / "list"
    path.write_bytes(data)
    desired = read_desired(path, managed_roles=MANAGED, today=TODAY, form=form)
    for table in (desired.assignments, desired.not_in_force):
        require(table, DESIRED)
        assert ((table["email"] != "") | (table["user_id"] > 0)).all()
        assert (table["row"] >= 1).all()
    for finding in desired.findings:
        finding.message.encode()
    errors = {finding.row for finding in desired.findings if finding.level is Level.ERROR}
    assert bool(errors) == (desired.status == "reject")
    assert len(desired.assignments) + len(desired.not_in_force) > 0 or errors or desired.has_unreadable_rows
    said = desired.assignments
    columns = (said["email"].tolist(), said["user_id"].tolist(), said["role"].tolist())
    return set(zip(*columns, strict=True))


FORMS = (ListForm(), ListForm(hold_bad_rows=True), ListForm(email_column="email", role_column="role"))
FUZZ = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FUZZ
@given(
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]).flatmap(lambda name: damaged(TEXT.encode(name))),
    st.sampled_from(FORMS),
)
def test_damaged_text(tmp_path: Path, data: bytes, form: ListForm) -> None:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = _plain(data.decode(encoding, "replace"))
    for email, user_id, role in _pairs(tmp_path, data, form):
        assert _plain(email) in text
        assert not user_id or str(user_id) in text
        assert _plain(role) in text


def _plain(text: str) -> str:
    """A text without what the reader takes away, and without quotes, which CSV writes twice."""
    return email_key(without_invisible(text).translate(FULL_WIDTH)).replace('"', "")


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", data)
    return out.getvalue()


PLAIN = "".join(",".join(map(str, row)) + "\n" for row in ROWS).encode()
PACKED = {
    "gzip": _gzipped(PLAIN),
    "zip": _zipped(PLAIN),
    "xlsx": xlsx({"Sheet": ROWS}),
    "ods": ods({"Sheet": ROWS}),
}


@pytest.mark.parametrize("kind", PACKED)
@FUZZ
@given(data=st.data())
def test_damaged_archives_and_workbooks(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    """These have checksums, so that nothing may come out that wasn't put in."""
    found = _pairs(tmp_path, data.draw(damaged(PACKED[kind])), data.draw(st.sampled_from(FORMS)))
    assert found <= PAIRS


@FUZZ
@given(damaged(xls({"Sheet": ROWS})), st.sampled_from(FORMS))
def test_damaged_old_workbooks(tmp_path: Path, data: bytes, form: ListForm) -> None:
    """These have none: whatever address comes out must at least stand in the file."""
    pairs = _pairs(tmp_path, data, form)
    read_as = [(data, "latin-1"), (data, "utf-16-le"), (data[1:], "utf-16-le")] if pairs else []
    texts = [email_key(part.decode(encoding, "replace")) for part, encoding in read_as]
    for email, _, role in pairs:
        assert any(email in text for text in texts)
        assert any(email_key(role) in text for text in texts)
