import json

from rolesync.model.vocabulary import Action
from rolesync.report.html.tables import plan_page_tables, script_json
from tests.report.samples import (
    DIGEST,
    EXPLANATION,
    drifted_plan,
    empty_plan,
    hostile_plan,
    make_plan,
    plan_of,
)


def test_only_tables_with_rows_are_there_the_changes_first() -> None:
    assert [table.key for table in plan_page_tables(drifted_plan())] == ["changes", "held", "drift"]
    assert plan_page_tables(empty_plan()) == []


def test_a_menu_is_there_only_where_there_is_a_choice() -> None:
    (changes, *_) = plan_page_tables(make_plan())
    assert {column.key: column.all_label for column in changes.columns if column.all_label} == {
        "action": "any action",
        "why": "any reason",
    }
    (changes, *_) = plan_page_tables(plan_of(*((user, Action.ADD, f"Role {user}", []) for user in range(1, 300))))
    assert not [column.key for column in changes.columns if column.all_label]


def test_the_last_run_is_shown_only_for_users_of_the_plan() -> None:
    (changes, *_) = plan_page_tables(make_plan(), {31: EXPLANATION.changes, 99: EXPLANATION.changes, 7: ()})
    assert changes.details is not None
    assert list(changes.details["last_changes"]) == ["31"]
    (changes, *_) = plan_page_tables(make_plan())
    assert changes.details is not None
    assert changes.details["last_changes"] is None


def test_no_text_ends_the_script_that_holds_it() -> None:
    hostile = [table.data for table in plan_page_tables(hostile_plan())]
    for content in (hostile, ["</script><!--<script>", "&lt;", DIGEST]):
        spelled = script_json(content)
        assert not set("<>&") & set(spelled)
        assert json.loads(spelled) == json.loads(json.dumps(content))
