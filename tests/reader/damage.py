"""Draws damaged files: bytes cut, flipped, inserted and doubled."""

from hypothesis import strategies as st

from tests.reader.dialects import gzipped, zipped
from tests.tables.books import Rows, ods, xlsx

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

# Bytes with a meaning somewhere; random bytes are inserted too.
INSERTS = (
    *(b'"', b"'", b'""', b";", b";;;;;;;", b",", b"\t", b"|", b"\n", b"\r", b"@", b"<", b">", b"#", b"="),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"PK\x03\x04", b"\x1f\x8b"),
    *(b"sep=,\n", b"email", b"0" * 40),
)
_PLACES = st.integers(1, 4)
_KINDS = st.sampled_from(["cut", "flip", "insert", "double"])
_BITS = st.integers(0, 7)
_INSERTED = st.sampled_from(INSERTS) | st.binary(max_size=6)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Damage a file in up to four places: bytes cut out, flipped, inserted or doubled."""
    data = bytearray(whole)
    lengths = st.sampled_from([0, 1, 1, 2, 5, 40, len(whole)])
    for _ in range(draw(_PLACES)):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(lengths))
        kind = draw(_KINDS)
        if kind == "cut":
            del data[start:end]
        elif kind == "flip" and start < len(data):
            data[start] ^= 1 << draw(_BITS)
        elif kind == "insert":
            data[start:start] = draw(_INSERTED)
        else:
            data[start:start] = data[start:end]
    return bytes(data)


PLAIN = "".join(",".join(map(str, row)) + "\n" for row in ROWS).encode()
WHOLE_FILES = {
    "gzip": gzipped(PLAIN),
    "zip": zipped(PLAIN),
    "xlsx": xlsx({"Sheet": ROWS}),
    "ods": ods({"Sheet": ROWS}),
}
