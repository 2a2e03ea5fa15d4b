"""JSON → records: the answer of an API or a file of one object a line.

Nested fields get dotted names (`profile.email`). A text may be a list of objects, an object that holds one such list
(such as `Resources` of SCIM or `users` of Google), a single object, or several of these: pages of an API, or lines.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rolesync.model.findings import Code, Finding, error, quoted
from rolesync.tables.grid import Grid
from rolesync.tables.record_grid import Record, record_grid

_CANVAS_PREFIX = "while(1);"
"""Canvas puts this before its JSON, so that no browser runs it as a script."""

MEMBERS = "members"
"""The field of SCIM groups whose entries are users."""

_NEXT_PAGE = ("nextPageToken", "@odata.nextLink", "nextLink")
"""Fields that name the next page of an answer."""

_DEPTH = 20
_TOO_DEEP = "its values are nested too deeply"


def json_grid(text: str) -> Grid | Finding:
    """Read JSON as a grid, see `record_grid`.

    Returns:
        The grid, or a finding: the JSON is damaged, lacks further pages, or can't be read as records.
    """
    try:
        values = list(_values(text))
        records = [record for value in values for record in _records(value)]
        if problem := _missing_pages(values, len(records)):
            return error(Code.CUT_ROW, problem)
        return record_grid(map(_rows_of, records))
    except json.JSONDecodeError as cause:
        place = f"line {cause.lineno}, column {cause.colno}"
        return error(Code.DAMAGED, f"the file is JSON that is cut or damaged at {place}; download or save it again")
    except (_UnusableJsonError, RecursionError) as cause:
        reason = str(cause) if isinstance(cause, _UnusableJsonError) else _TOO_DEEP
        return error(Code.NOT_TEXT, f"the file is JSON, but {reason}; export the list as CSV UTF-8 or XLSX")


class _UnusableJsonError(ValueError):
    """JSON in a form that can't be read as records."""


def _values(text: str) -> Iterator[Any]:
    """Yield the values that follow each other in a text."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str, strict=False
    )
    place = 0
    while place < len(text):
        if text[place].isspace() or text[place] in ",\ufeff":
            place += 1
        elif text.startswith(_CANVAS_PREFIX, place):
            place += len(_CANVAS_PREFIX)
        else:
            value, place = decoder.raw_decode(text, place)
            yield value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of fields; refuses two fields of the same name."""
    fields = [*pairs]
    record = dict(fields)
    if len(record) < len(fields):
        twice = next(name for name, count in Counter(name for name, _ in fields).items() if count > 1)
        raise _UnusableJsonError(f"an object has the field {quoted(twice)} twice")
    return record


def _records(value: object) -> Sequence[Mapping[str, Any]]:
    """The records of a value: itself, its elements, or the elements of its only list of objects."""
    if isinstance(value, list):
        if not all(isinstance(element, dict) for element in value):
            raise _UnusableJsonError("its list holds values that are not objects")
        return value
    if not isinstance(value, dict):
        raise _UnusableJsonError(f"it holds {quoted(str(value))} instead of objects")
    lists = {name: field for name, field in value.items() if _is_list_of_objects(field)}
    lists = {name: field for name, field in lists.items() if name in _CONTAINERS} or lists
    if len(lists) == 1 and not _is_record(value):
        return next(iter(lists.values()))
    if not lists and any(value.get(name) == [] for name in _CONTAINERS):
        return ()
    return (value,)


_CONTAINERS = ("Resources", "users", "value", "data", "results", "items", "members", "admins", "records")


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _is_record(value: Mapping[str, Any]) -> bool:
    """Whether an object that holds a list of objects is a record itself: it has a name, an address or an id."""
    return any(isinstance(value.get(name), str) for name in ("userName", "displayName", "email", "id", "primaryEmail"))


def _missing_pages(values: Sequence[object], records: int) -> str:
    """Describe what shows that the answer has more records than these; "" if nothing does."""
    answers = [value for value in values if isinstance(value, dict)]
    totals = {str(value["totalResults"]) for value in answers if "totalResults" in value}
    if len(totals) == 1 and (total := next(iter(totals))).isdecimal() and int(total) > records:
        text = f"the file is one page of an answer: it has {records:,} of {int(total):,} records"
        return f"{text}; export all pages into one file"
    if answers and (name := next((name for name in _NEXT_PAGE if answers[-1].get(name)), "")):
        return f"the file is one page of an answer: {name} names a further page; export all pages into one file"
    return ""


def _rows_of(record: Mapping[str, Any]) -> Sequence[Record]:
    """The rows of a record: one, or one for each member of a group; none for a group without members."""
    members = record.get(MEMBERS)
    if members != [] and not _is_list_of_objects(members):
        return [_object(_fields(record, ""))]
    shared = {name: value for name, value in record.items() if name != MEMBERS}
    return [_object(_fields({**shared, MEMBERS: member}, "")) for member in members or ()]


def _fields(record: Mapping[str, Any], prefix: str, depth: int = _DEPTH) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the fields of a record with dotted names, and the values of each."""
    if not depth:
        raise _UnusableJsonError(_TOO_DEEP)
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _fields(value, f"{path}.", depth - 1)
        elif _is_list_of_objects(value):
            elements = _preferred(value)
            inner = [_object(_fields(element, f"{path}.", depth - 1)) for element in elements]
            for field in dict.fromkeys(field for element in inner for field in element):
                yield field, [text for element in inner for text in element.get(field, ())]
        elif isinstance(value, list):
            yield path, [_text(element) for element in value]
        else:
            yield path, [_text(value)]


def _preferred(values: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Choose the primary one of a user's addresses, or the only one at work; keep all values of any other list."""
    if not all("@" in _text(value.get("value", value.get("address"))) for value in values):
        return values
    primary = [value for value in values if _text(value.get("primary")) == "true"]
    work = [value for value in values if _text(value.get("type")).casefold() == "work"]
    if primary:
        return primary if len(primary) == 1 else values
    return work if len(work) == 1 else values


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if _is_nested_deeper(value, _DEPTH):
        raise _UnusableJsonError(_TOO_DEEP)
    return json.dumps(value)


def _is_nested_deeper(value: object, levels: int) -> bool:
    """Whether a value has more levels than allowed; the same for every version of Python, whose limits differ."""
    level = [value]
    for _ in range(levels):
        level = [inner for each in level for inner in _inner(each)]
    return bool(level)


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
