import base64

import pytest
from hypothesis import given, strategies as st

from rolesync.model.findings import Finding
from rolesync.tables.grid import Grid
from rolesync.tables.ldif import is_ldif, ldif_grid

ENTRIES = """# extended LDIF
#
version: 1

# a comment that
  goes on
dn: uid=ann,dc=x
objectClass: person
Mail: ann@x.edu
mail: ann.lee@x.edu
memberOf: cn=Library,dc=exa
 mple
cn;lang-nl: Anna

dn:: dWlkPWLDtmIsZGM9eA==
mail:: Ym9iQHguZWR1
photo:: /9j/4A==

# search result
search: 2
result: 0 Success
"""


def rows(text: str) -> list[dict[str, str]]:
    grid = ldif_grid(text)
    assert isinstance(grid, Grid), grid
    table = [cells for _, cells in grid.rows if isinstance(cells, list)]
    return [{name: text for name, text in zip(table[0], cells, strict=True) if text} for cells in table[1:]]


@pytest.mark.parametrize("text", [ENTRIES, ENTRIES.replace("\n", "\r\n")])
def test_entries_with_folded_lines_base64_and_comments(text: str) -> None:
    assert is_ldif(text.encode())
    assert rows(text) == [
        {
            "dn": "uid=ann,dc=x",
            "objectclass": "person",
            "mail": "ann@x.edu\nann.lee@x.edu",
            "memberof": "cn=Library,dc=example",
            "cn;lang-nl": "Anna",
        },
        {"dn": "uid=böb,dc=x", "mail": "bob@x.edu", "photo": "(binary)"},
    ]


def test_each_member_of_a_group_is_a_row() -> None:
    text = "dn: cn=Staff,dc=x\ncn: Staff\nmember: uid=a,dc=x\nmember:\nmember: uid=b,dc=x\n"
    assert [row["member"] for row in rows(text)] == ["uid=a,dc=x", "uid=b,dc=x"]
    assert rows(text.replace("member:", "uniqueMember:")) == rows(text)
    assert rows("dn: cn=Empty,dc=x\nmember:\n\ndn: uid=a,dc=x\n") == [{"dn": "uid=a,dc=x"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dn: uid=a\nchangetype: delete\n", "is a change (delete)"),
        ("dn: uid=a\nmail\n", "'mail' is not an attribute"),
        ("dn: uid=a\nmail:: %%%\n", "no Base64"),
        ("dn: uid=a\n\nmail: b@x.edu\n", "an entry has no dn"),
    ],
)
def test_what_is_no_entry_is_refused(text: str, says: str) -> None:
    finding = ldif_grid(text)
    assert isinstance(finding, Finding)
    assert says in finding.message


@pytest.mark.parametrize("text", ["email,role\na@x.edu,Admin\n", "# list\n*action,email\n", "dn,mail\nx,y\n", ""])
def test_a_table_is_no_ldif(text: str) -> None:
    assert not is_ldif(text.encode())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_value_comes_back_from_base64(value: str) -> None:
    text = f"dn: uid=a\ncn:: {base64.b64encode(value.encode()).decode()}\n"
    assert rows(text) == [{"dn": "uid=a", "cn": value}]
