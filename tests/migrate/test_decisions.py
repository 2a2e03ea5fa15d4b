import shlex
from pathlib import Path

from rolesync.migrate.decisions import commands_to_go_on, decision_commands, find_decisions
from rolesync.migrate.recipe import Recipe
from tests.migrate.sources import pairs, run

A, B, C, D = "a@x.edu", "b@x.edu", "c@x.edu", "d@x.edu"
GROUP = f"Email address,Group status\n{A},member\n{B},invited\n{C},pending\n{D},invited\n"


def test_a_column_is_asked_about_once(tmp_path: Path) -> None:
    (decision,) = find_decisions(run(tmp_path, {"s.csv": GROUP}, Recipe(fixed="Admin")).ledger)
    assert (decision.column, decision.counting) == ("Group status", ("member",))
    assert [(word.word, word.rows, word.first) for word in decision.words] == [
        ("invited", 2, (3, 5)),
        ("pending", 1, (4,)),
    ]


def test_the_commands_count_the_rows_or_leave_them_out(tmp_path: Path) -> None:
    decisions = find_decisions(run(tmp_path, {"s.csv": GROUP}, Recipe(fixed="Admin")).ledger)
    commands = [shlex.join(words) for _, words in decision_commands(["rolesync", "migrate", "s.csv"], decisions)]
    assert commands == [
        "rolesync migrate s.csv --keep 'Group status=member'",
        "rolesync migrate s.csv --keep 'Group status=invited' --keep 'Group status=pending'",
    ]
    assert decision_commands(["rolesync"], []) == []


def test_where_no_word_counts_by_itself_the_most_frequent_is_proposed(tmp_path: Path) -> None:
    admins = "admin_user_name,canvas_user_id,canvas_account_id,account_id,role\nA,1,7,,X\nB,2,7,,X\nC,3,9,,X\n"
    users = f"canvas_user_id,user_id,login_id,email\n1,,a,{A}\n2,,b,{B}\n3,,c,{C}\n"
    migration = run(tmp_path, {"s.csv": admins, "u.csv": users}, Recipe(fixed="Admin"), join="u.csv")
    decisions = find_decisions(migration.ledger)
    assert [words for _, words in decision_commands([], decisions)] == [["--keep", "canvas_account_id=7"]]


def test_a_word_of_the_joined_file_is_asked_about(tmp_path: Path) -> None:
    admins = "user_id,account_id,role,status\ns1,,X,active\ns2,,X,active\n"
    users = f"user_id,login_id,email,status\ns1,a,{A},active\ns2,b,{B},paused\n"
    migration = run(tmp_path, {"s.csv": admins, "u.csv": users}, Recipe(fixed="Admin"), join="u.csv")
    (decision,) = find_decisions(migration.ledger)
    assert (Path(decision.place.file).name, decision.words[0].word) == ("u.csv", "paused")
    assert [cell.row for _, cell in migration.ledger.refused()] == [3]


def test_a_blank_cell_may_count_or_be_asked_about(tmp_path: Path) -> None:
    for header, cells, options in (
        ("Suspended", ("", "x"), [["--keep", "Suspended="], ["--keep", "Suspended=x", "--keep", "Suspended="]]),
        ("Active", ("yes", ""), [["--keep", "Active=yes"], ["--keep", "Active="]]),
    ):
        text = f"email,{header}\n{A},{cells[0]}\n{B},{cells[1]}\n"
        decisions = find_decisions(run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin")).ledger)
        assert [words for _, words in decision_commands([], decisions)] == options


def test_a_status_without_a_word_is_counted_or_left_out(tmp_path: Path) -> None:
    text = f"email,role,Status\n{A},Admin,Active\n{B},Admin,\n{C},Admin,On leave\n"
    commands = decision_commands([], find_decisions(run(tmp_path, {"s.csv": text}, Recipe()).ledger))
    assert commands == [
        ("leave out rows with 'On leave', and rows with a blank cell in 'Status'", ["--keep", "Status=Active"]),
        (
            "leave out rows with 'On leave', and count rows with a blank cell in 'Status'",
            ["--keep", "Status=Active", "--keep", "Status="],
        ),
        (
            "count rows with 'On leave', and count rows with a blank cell in 'Status'",
            ["--keep", "Status=On leave", "--keep", "Status="],
        ),
    ]
    words = [["Active"], ["Active", ""], ["On leave", ""]]
    migrations = [run(tmp_path, {"s.csv": text}, Recipe(keep_words={"Status": names})) for names in words]
    assert [len(pairs(migration)) for migration in migrations] == [1, 2, 3]


def test_a_word_of_a_row_without_a_role_is_not_proposed_as_counting(tmp_path: Path) -> None:
    rows = f"{A},Student,Suspended\n{B},Admin,Active\n{C},Admin,Suspended\n"
    (decision,) = find_decisions(run(tmp_path, {"s.csv": f"email,role,Account status\n{rows}"}, Recipe()).ledger)
    assert (decision.counting, [word.word for word in decision.words]) == (("Active",), ["Suspended"])


def test_a_column_of_times_is_ignored_and_many_words_count_together(tmp_path: Path) -> None:
    times = f"email,Access granted,Account status\n{A},2024-12-05T03:32:11Z,active\n{B},2025-01-05T03:32:11Z,invited\n"
    decisions = find_decisions(run(tmp_path, {"s.csv": times}, Recipe(fixed="Admin")).ledger)
    first, _ = decision_commands([], decisions)
    assert first[1] == ["--ignore-column", "Access granted", "--keep", "Account status=active"]
    rows = "".join(f"u{number}@x.edu,code {number}\n" for number in range(9))
    many = find_decisions(run(tmp_path, {"s.csv": f"email,Account status\n{rows}"}, Recipe(fixed="Admin")).ledger)
    ((purpose, words),) = decision_commands([], many)
    assert words == ["--keep", "Account status=code 0"]
    assert purpose == "count rows with 'code 0'"


def test_a_command_decides_about_words_and_the_encoding(tmp_path: Path) -> None:
    text = "email,role,Account status\na@x.edu,Admin,active\nrén@x.edu,Admin,suspended\n"
    ledger = run(tmp_path, {"s.csv": text.encode("cp1252")}, Recipe()).ledger
    assert [words for _, words in commands_to_go_on(["migrate", "s.csv"], ledger)] == [
        ["migrate", "s.csv", "--keep", "Account status=active", "--encoding", "windows-1252"],
        ["migrate", "s.csv", "--keep", "Account status=suspended", "--encoding", "windows-1252"],
    ]
    ledger = run(tmp_path, {"s.csv": text.replace("suspended", "active").encode("cp1252")}, Recipe()).ledger
    ((purpose, words),) = commands_to_go_on(["migrate", "s.csv"], ledger)
    assert words == ["migrate", "s.csv", "--encoding", "windows-1252"]
    assert "windows-1252" in purpose
    assert commands_to_go_on([], run(tmp_path, {"s.csv": "email,role\nx,Admin\n"}, Recipe()).ledger) == []


TYPES = f"email,Employee type\n{A},Faculty\n{B},Student\n{C},Retired\n{D},\n"


def test_words_in_a_column_about_anything_count_only_if_they_are_named(tmp_path: Path) -> None:
    keep = {"Employee type": ["Faculty"]}
    for text in (TYPES, TYPES.replace("Retired", "Staff")):
        migration = run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin", keep_words=keep))
        assert (pairs(migration), migration.refused) == ([(A, "Admin")], 0)


def test_the_commands_name_all_words_of_a_column_about_anything(tmp_path: Path) -> None:
    files = {"s.csv": TYPES, "t.csv": "email,Employee type\ne@x.edu,Staff\n"}
    migration = run(tmp_path, files, Recipe(fixed="Admin"))
    (leave_out, count) = decision_commands([], find_decisions(migration.ledger))
    words = ["Faculty", "Student", "Staff", ""]
    assert leave_out[1] == [text for word in words for text in ("--keep", f"Employee type={word}")]
    assert count == ("count rows with 'Retired'", ["--ignore-column", "Employee type"])
    kept = run(tmp_path, files, Recipe(fixed="Admin", keep_words={"Employee type": words}))
    assert ([email for email, _ in pairs(kept)], kept.refused) == ([A, B, D, "e@x.edu"], 0)
    ((_, refused),) = migration.ledger.refused()
    assert refused.detail.endswith("; read all rows with --ignore-column 'Employee type'")


def test_rows_are_left_out_as_refused_where_a_column_has_many_words(tmp_path: Path) -> None:
    rows = "".join(f"u{number}@x.edu,text {number}\n" for number in range(9))
    text = f"email,Note\n{rows}{A},no longer works here\n"
    commands = decision_commands(
        ["migrate"], find_decisions(run(tmp_path, {"s.csv": text}, Recipe(fixed="Admin")).ledger)
    )
    assert [words for _, words in commands] == [["migrate", "--partial"], ["migrate", "--ignore-column", "Note"]]
