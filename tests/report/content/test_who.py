"""What an access review says, before any form."""

from rolesync.report.content.who import holder_rows, who_facts, who_headline, who_tables
from tests.report.reviews import AS_OF, BROKEN, EARLY, EMPTY, HOLDERS, REVIEW


def test_each_origin_has_its_sentence() -> None:
    assert [row.how for row in holder_rows(HOLDERS)] == [
        "added by run r1: row 12 of team.csv, approved by Rita Levi",
        "added by run r2: undo of run r0",
        "came by other hands, first seen by run r2; without it at 2026-05-01 02:00:07",
        "already held at the first reading in the record, run r1",
        "unknown: the record does not show how",
        "added by run r1: row 9 of team.csv, took effect later, approved by Rita Levi",
        "run r1 asked to add it, and whether this took effect is unknown",
        "went by other hands, first seen by this reading; last seen with it at 2026-05-02 02:00:07",
    ]


def test_only_a_run_gives_list_reviewer_and_operator() -> None:
    by_run, undo, by_others, *_ = holder_rows(HOLDERS)
    assert (by_run.list, by_run.reviewer, by_run.operator, by_run.not_before) == (
        "team.csv",
        "Rita Levi",
        "nightly",
        "",
    )
    assert (undo.list, undo.operator) == ("", "nightly")
    assert (by_others.list, by_others.reviewer, by_others.not_before) == ("", "", "2026-05-01 02:00:07")
    assert by_others.name == "Cy\\x1b"
    assert len(list(holder_rows(HOLDERS, 2))) == 2


def test_the_headline_counts_and_names_the_moment() -> None:
    assert who_headline(REVIEW) == ("NOW", "6 holders of Admin, read from Studio at 2026-05-03 02:00:07 UTC.")
    assert who_headline(AS_OF) == ("AS OF 2026-05-02", "6 holders of Admin proven, by the record alone.")


def test_the_tables_are_the_holders_of_each_role_and_the_exceptions() -> None:
    assert [(table.key, table.size) for table in who_tables(REVIEW)] == [("role-0", 6), ("unclear", 1), ("lost", 1)]
    now, as_of = next(who_tables(REVIEW)), next(who_tables(AS_OF))
    assert [column.key for column in now.columns] == ["user", "since", "how"]
    assert [column.key for column in as_of.columns] == ["user", "since", "how", "last_proven"]


def test_what_can_not_be_known_is_said() -> None:
    facts = dict(who_facts(AS_OF))
    assert "Studio was not read" in facts["moment"]
    assert facts["Admin"] == (
        "first read at 2026-05-01 02:00:07, last read by a run until then at 2026-05-02 02:00:07 (run r2); "
        "the last proof counted 9 holders, named here are 6. Other hands may have changed the role between that and "
        "the next reading at 2026-05-03 02:00:07: only a reading shows it"
    )
    broken = dict(who_facts(BROKEN))
    assert "broken after 2026-05-03 02:00:07" in broken["record"]
    assert "holders.json is missing" in broken["holders file"]
    assert "no reading of all holders" in dict(who_facts(EMPTY))["Admin"]
    assert "before that nothing is known" in dict(who_facts(EARLY))["Admin"]
    assert "moment" not in dict(who_facts(REVIEW))
