"""Text in any encoding → UTF-8.

UTF-8, UTF-16 with or without a byte order mark (BOM), and an encoding that the settings name are certain. Any other
encoding is guessed, see `guess_encoding`. A byte that fits no encoding stays as it is. In its cell it becomes a lone
surrogate, which no valid text contains. `find_non_text` in `grid` decides whether a guess or such a byte matters.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from rolesync.model.findings import Code, Finding, error
from rolesync.model.vocabulary import Level
from rolesync.tables.guess_encoding import codec_of, guess_encodings, is_mostly_utf8, rival_encodings

BLOCK = 2**20  # bytes that are checked at a time
HEAD = 2**14  # bytes in which the header is looked for
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_ISO_2022 = re.compile(rb"\x1b\$[@B][\x21-\x7e]{2}")  # switches from ASCII to Japanese letters
_MIN_NULS = 0.2  # of the characters of UTF-16 without a mark; fewer are damage


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text in UTF-8.

    Attributes:
        data: the text without byte order marks.
        is_valid: whether all of it is valid text, see `is_valid_text`.
        guess: the name of the encoding if it is a guess; "" if it is certain.
        findings: what people should know about the encoding.
    """

    data: bytes
    is_valid: bool
    guess: str = ""
    findings: tuple[Finding, ...] = ()


def decode_text(data: bytes, encoding: str, header_score: Callable[[bytes], int]) -> DecodedText | Finding:
    """Convert a text to UTF-8.

    Args:
        data: the text.
        encoding: the encoding that the settings name; "" to find it out.
        header_score: counts the known column names in the first lines, which it gets in UTF-8. Of several possible
            encodings, the one with the highest score is tried first.

    Returns:
        The text, or a finding with the reason why it can't be read.
    """
    if encoding:
        return _decode_named(data, encoding)
    if name := "UTF-32" if data.startswith(_UTF32) else "ISO-2022-JP" if _ISO_2022.search(data) else "":
        return error(Code.NOT_UTF8, f"the file is {name} text; read it with --encoding {name.lower()}")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_utf16(data, "utf-16")
    if order := _utf16_without_mark(data):
        text = f"the file doesn't name its encoding; it is read as {order.upper()}, because every other byte is 0"
        return _decode_utf16(data, order, Finding(Level.WARNING, Code.NOT_UTF8.value, text))
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    is_valid = is_valid_text(data)
    if is_valid or b"\0" in data or is_mostly_utf8(data):
        return DecodedText(data, is_valid)
    return _decode_guessed(data, header_score)


def _decode_utf16(data: bytes, codec: str, *findings: Finding) -> DecodedText | Finding:
    try:
        decoded = data.decode(codec).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as cause:
        text = f"the file is UTF-16 text that can't be decoded from byte {cause.start} on ({cause.reason})"
        return error(Code.NOT_UTF8, f"{text}; it is cut or damaged: export or download it again")
    return DecodedText(decoded, is_valid_text(decoded), findings=findings)


def _utf16_without_mark(data: bytes) -> str:
    """The codec of UTF-16 without a byte order mark; "" for any other text."""
    head = data[:HEAD]
    for zeros, others, codec in ((head[1::2], head[0::2], "utf-16-le"), (head[0::2], head[1::2], "utf-16-be")):
        if zeros.count(0) > _MIN_NULS * len(zeros) and 0 not in others:
            text = head[: len(head) // 2 * 2].decode(codec, "replace")
            if not any(unicodedata.category(character) == "Cc" and not character.isspace() for character in text):
                return codec
    return ""


def _decode_named(data: bytes, name: str) -> DecodedText | Finding:
    codec = codec_of(name)
    family = codecs.lookup(codec).name[: len("utf-8")]  # the same for UTF-16 with and without byte order
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if marked and not marked.casefold().startswith(family):
        text = f"the file begins with the mark of {marked}, so it isn't {name}; leave out --encoding"
        return error(Code.NOT_UTF8, text)
    try:
        decoded = data.decode(codec).lstrip("\ufeff").encode()
    except UnicodeError as cause:
        fitting = [] if is_valid_text(data) else guess_encodings(data)
        advice = f"it looks like {fitting[0]}: --encoding {fitting[0]}" if fitting else "leave out --encoding"
        start = cause.start if isinstance(cause, UnicodeDecodeError) else 0
        row = data.count(b"\n", 0, start) + 1
        return error(Code.NOT_UTF8, f"the file is not {name}, because of byte 0x{data[start]:02X}; {advice}", row=row)
    if family == "utf-8" or data.isascii() or not is_valid_text(data):
        return DecodedText(decoded, is_valid_text(decoded))
    text = f"the file is valid UTF-8 but is read as {name}, because --encoding or the setting encoding says so"
    finding = Finding(Level.WARNING, Code.NOT_UTF8.value, f"{text}; check foreign letters")
    return DecodedText(decoded, is_valid_text(decoded), findings=(finding,))


def _decode_guessed(data: bytes, header_score: Callable[[bytes], int]) -> DecodedText | Finding:
    """Decode by the likeliest encoding in which most of the header is known, and that fits the whole text.

    If several scripts fit equally, the finding lists them for the user to choose.
    """
    head = data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD]
    scores = {name: header_score(head.decode(codec_of(name), "replace").encode()) for name in guess_encodings(data)}
    for name in sorted(scores, key=lambda name: -scores[name]):
        try:
            decoded = data.decode(codec_of(name)).encode()
        except UnicodeDecodeError:
            continue
        if rivals := [other for other in rival_encodings(data, name) if scores[other] == scores[name]]:
            options = " or ".join(f"--encoding {other}" for other in (name, *rivals))
            text = "the file is not UTF-8 and doesn't name its encoding, and its letters fit several scripts"
            return error(Code.NOT_UTF8, f"{text}; try each, and look at the names: {options}")
        text = f"the file is not UTF-8 and doesn't name its encoding; it is read as {name}, which fits its letters best"
        advice = f"to be sure, look at the names, and add --encoding {name} or the right encoding"
        finding = Finding(Level.WARNING, Code.NOT_UTF8.value, f"{text}; {advice}")
        return DecodedText(decoded, is_valid_text(decoded), name, (finding,))
    return DecodedText(data, is_valid=False)


def is_valid_text(data: bytes) -> bool:
    """Whether the data is valid UTF-8 without NUL, so that no cell needs checking."""
    if b"\0" in data:
        return False
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), BLOCK):
            decoder.decode(data[start : start + BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
