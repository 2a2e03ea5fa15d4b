import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from rolesync.model.findings import Finding
from rolesync.tables.grid import Grid
from rolesync.tables.json_records import json_grid

ANN, BOB = {"email": "ann@x.edu", "role": "Admin"}, {"email": "bob@x.edu", "role": "Admin"}


def rows(text: str) -> list[dict[str, str]]:
    grid = json_grid(text)
    assert isinstance(grid, Grid), grid
    table = [cells for _, cells in grid.rows if isinstance(cells, list)]
    return [dict(zip(table[0], cells, strict=True)) for cells in table[1:]]


def refusal(text: str) -> str:
    finding = json_grid(text)
    assert isinstance(finding, Finding)
    return finding.message


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ANN, BOB]),
        "while(1);" + json.dumps([ANN, BOB]),
        json.dumps(ANN) + "\n" + json.dumps(BOB) + "\n",
        json.dumps([ANN]) + "\n" + json.dumps([BOB]),
        json.dumps({"kind": "users", "users": [ANN, BOB]}),
        json.dumps({"schemas": ["s"], "totalResults": 2, "Resources": [ANN, BOB]}),
        json.dumps({"@odata.context": "c", "value": [ANN, BOB]}),
        json.dumps({"staff": [ANN, BOB]}),
    ],
)
def test_records_are_found_in_every_answer(text: str) -> None:
    assert rows(text) == [ANN, BOB]


def test_fields_are_dotted_and_words_are_those_of_json() -> None:
    record = {"id": 12345678901234567890, "ok": True, "no": None, "profile": {"login": "ann", "tags": ["a", "b"]}}
    assert rows(json.dumps([record])) == [
        {"id": "12345678901234567890", "ok": "true", "no": "", "profile.login": "ann", "profile.tags": "a\nb"}
    ]


@pytest.mark.parametrize(
    ("emails", "text"),
    [
        ([{"value": "home@x.edu", "type": "home"}, {"value": "work@x.edu", "primary": True}], "work@x.edu"),
        (
            [{"value": "home@x.edu", "type": "home"}, {"value": "work@x.edu", "primary": "True"}],
            "home@x.edu\nwork@x.edu",
        ),
        ([{"value": "home@x.edu", "type": "home"}, {"value": "work@x.edu", "type": "Work"}], "work@x.edu"),
        ([{"value": "one@x.edu"}, {"value": "two@x.edu"}], "one@x.edu\ntwo@x.edu"),
    ],
)
def test_the_primary_address_counts_and_no_other_is_chosen(emails: list[dict[str, Any]], text: str) -> None:
    assert rows(json.dumps([{"userName": "ann", "emails": emails}]))[0]["emails.value"] == text


def test_no_role_is_chosen_among_several() -> None:
    roles = [{"value": "Boss"}, {"value": "Instructor", "primary": True}]
    assert rows(json.dumps([{"userName": "ann", "roles": roles}]))[0]["roles.value"] == "Boss\nInstructor"


def test_many_fields_of_an_object_are_read_soon() -> None:
    text = json.dumps([{f"n{number}": 1 for number in range(30_000)}])
    start = process_time()
    assert len(rows(text)[0]) == 30_000
    assert process_time() - start < 2


def test_a_single_user_with_a_list_is_one_record() -> None:
    assert len(rows(json.dumps({"userName": "ann", "emails": [{"value": "ann@x.edu"}]}))) == 1


def test_each_member_of_a_group_is_a_row() -> None:
    group = {"id": "g", "displayName": "Staff", "members": [{"value": "1"}, {"value": "2", "type": "Group"}]}
    assert rows(json.dumps({"Resources": [group, {"id": "h", "displayName": "None", "members": []}]})) == [
        {"id": "g", "displayName": "Staff", "members.value": "1", "members.type": ""},
        {"id": "g", "displayName": "Staff", "members.value": "2", "members.type": "Group"},
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"email": "a@x.edu"}, {"ema', "cut or damaged at line 1"),
        ('[{"email": "a@x.edu", "email": "b@x.edu"}]', "the field 'email' twice"),
        ('[{"end": {"date": "2020-01-01"}, "end.date": "2099-01-01"}]', "the field 'end.date' twice"),
        ('[{"x": [{"end": {"date": "2020-01-01"}, "end.date": "2099-01-01"}]}]', "the field 'x.end.date' twice"),
        ('[{"email": "a@x.edu"}, 1]', "values that are not objects"),
        ("[1]", "values that are not objects"),
        ('{"totalResults": 3, "Resources": [{"userName": "a@x.edu"}]}', "1 of 3 records"),
        ('{"nextPageToken": "x", "users": [{"primaryEmail": "a@x.edu"}]}', "one page of an answer"),
        ('[{"a": ' + "[" * 5000 + "]" * 5000 + "}]", "nested too deeply"),
        ('[{"a": ' + "[" * 50 + "]" * 50 + "}]", "nested too deeply"),
        ('[{"a": ' + '{"a": ' * 50 + "1" + "}" * 50 + "}]", "nested too deeply"),
    ],
)
def test_what_is_not_all_of_the_records_is_refused(text: str, says: str) -> None:
    assert says in refusal(text)


def test_all_pages_in_one_file_are_complete() -> None:
    pages = [{"totalResults": 2, "Resources": [ANN]}, {"totalResults": 2, "Resources": [BOB]}]
    assert rows("\n".join(map(json.dumps, pages))) == [ANN, BOB]
    google = [{"nextPageToken": "x", "users": [ANN]}, {"users": [BOB]}]
    assert rows("\n".join(map(json.dumps, google))) == [ANN, BOB]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=15,
)


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    assert isinstance(json_grid(json.dumps(value)), Grid | Finding)


@given(st.lists(st.dictionaries(st.text("abc", min_size=1), st.text(), min_size=1), min_size=1))
def test_no_value_of_a_record_is_lost(records: list[dict[str, str]]) -> None:
    read = rows(json.dumps(records))
    assert [{name: text for name, text in row.items() if text} for row in read] == [
        {name: text for name, text in record.items() if text} for record in records
    ]
