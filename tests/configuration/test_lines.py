"""On which line of a file a setting is."""

from rolesync.configuration.lines import table_line, toml_line, variable_lines


def test_the_line_of_a_key_is_the_one_where_it_is_set() -> None:
    text = """text = '''
owner = "no"
'''
list = [
  "owner", ]
"owner" = "x"
[role_aliases]
owner = "Admin"
"Media boss" = "Admin"
[keep.Status]
"""
    assert toml_line(text, "owner") == 6
    assert toml_line(text, "role_aliases") == 7
    assert toml_line(text, "role_aliases", "Media boss") == 9
    assert toml_line(text, "role_aliases", "missing") == 7
    assert toml_line(text, "keep") == 10
    assert toml_line(text, "missing") == 0
    assert variable_lines("ROLESYNC_OWNER=a\nROLESYNC_OWNERS=b\n", "ROLESYNC_OWNER") == [1]


def test_a_table_of_a_list_is_found_by_its_number() -> None:
    text = """[[notify]]
to = "x"
text = '''
[[notify]]
'''
[[ "notify" ]]  # the second
on = [
  "a",
]
"url_file" = "u"
[other]
password_file = "p"
"""
    assert [table_line(text, "notify", number) for number in range(3)] == [1, 6, 0]
    assert table_line(text, "notify", 0, "to") == 2
    assert table_line(text, "notify", 1, "url_file") == 10
    assert table_line(text, "notify", 1, "password_file") == 6  # it is another table's
    assert table_line(text, "missing", 0) == 0
