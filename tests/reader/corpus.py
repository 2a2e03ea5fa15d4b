"""Small hostile files, each with the expected assignments and findings.

They are texts here rather than files, so that the bytes that matter are next to the result.
"""

import gzip
from datetime import date
from typing import NamedTuple

from tests.tables.books import xlsx

TODAY = date(2026, 3, 1)
MANAGED = ("Admin", "Editor, French")


class Case(NamedTuple):
    """A file, its assignments as (user id or address, role), and its findings as (level, code, row, column)."""

    name: str
    content: str | bytes
    pairs: list[tuple[str | int, str]]
    findings: list[tuple[str, str, int | None, str | None]]


A, B, C = (("a@x.edu", "Admin"), ("b@x.edu", "Admin"), ("c@x.edu", "Admin"))
CASES = [
    Case("plain", "email,role\na@x.edu,Admin\n", [A], []),
    Case("byte order mark", "\ufeffemail,role\na@x.edu,Admin\n", [A], []),
    Case("semicolon", "email;role\r\na@x.edu;Admin\r\n", [A], []),
    Case("old Mac", "email\trole\ra@x.edu\tAdmin", [A], []),
    Case(
        "latin-1",
        "email,role\na@x.edu,Admin\nb@x.edu,Prüfer\n".encode("latin-1"),
        [A],
        [("warning", "not_utf8", None, None), ("error", "not_utf8", 3, "role")],
    ),
    Case(
        "latin-1 header",
        "email,Büro,role\na@x.edu,1,Admin\n".encode("latin-1"),
        [A],
        [("warning", "not_utf8", None, None)],
    ),
    Case("NUL", b"email,role\na@x.edu,Admin\nb\0@x.edu,Admin\n", [A], [("error", "nul_byte", 3, "email")]),
    Case("NUL header", b"email,role,\0\na@x.edu,Admin,\n", [A], [("error", "nul_byte", 1, "\0")]),
    Case(
        "latin-1",
        "email,role\né@x.edu,Admin\n".encode("latin-1"),
        [],
        [("warning", "not_utf8", None, None), ("error", "not_utf8", 2, "email")],
    ),
    Case("picture", b"\x89PNG\r\n", [], [("error", "not_text", None, None)]),
    Case("cut workbook", b"PK\x03\x04abc", [], [("error", "damaged", None, None)]),
    Case("workbook", xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]]}), [A], []),
    Case(
        "hidden row",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]]}, hidden_rows=[2]),
        [A],
        [("warning", "hidden", 2, None)],
    ),
    Case(
        "struck row",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]]}, struck_rows=[2]),
        [A],
        [("warning", "struck_through", 2, None)],
    ),
    Case(
        "merged cells",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"], ["b@x.edu", ""]]}, merged=["B2:B3"]),
        [A, B],
        [("warning", "merged_cells", 3, None)],
    ),
    Case(
        "formula",
        xlsx({"A": [["email", "role"], ["a@x.edu", '=IF(B9,"Admin","")']]}),
        [],
        [("error", "role_no_name", 2, "role")],
    ),
    Case(
        "two lists in a workbook",
        xlsx({"A": [["email", "role"]], "B": [["email", "role"]]}),
        [],
        [("error", "sheet_unclear", None, None)],
    ),
    Case(
        "another sheet",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"]], "B": [["note"]]}),
        [A],
        [("warning", "sheets_ignored", None, None)],
    ),
    Case("title", "Admins\nemail,role\na@x.edu,Admin\n", [A], [("warning", "title_ignored", 1, None)]),
    Case(
        "person above the header",
        "b@x.edu,Admin\nemail,role\na@x.edu,Admin\n",
        [A],
        [("error", "row_above_header", 1, None)],
    ),
    Case("unclosed", 'email,role\na@x.edu,Admin\n"b@x.edu,Admin\n', [A], [("error", "unclosed_quote", 3, None)]),
    Case("broken", 'email,role\n"b"c@x.edu,Admin\na@x.edu,Admin\n', [A], [("error", "broken_quoting", 2, None)]),
    Case("long row", "email,role\na@x.edu,Admin,x\n", [], [("error", "row_too_long", 2, None)]),
    Case("empty surplus", "email,role\na@x.edu,Admin,,\n", [A], []),
    Case("short row", "email,role\na@x.edu\n", [], [("error", "row_too_short", 2, None)]),
    Case("short in the ignored", "email,role,note\na@x.edu,Admin\n", [A], []),
    Case("short, unsure", "email,x,role,y\na@x.edu,Admin,y\n", [], [("error", "row_too_short", 2, None)]),
    Case(
        "blank rows",
        "email,role\n\n,\n \t,\u00a0\na@x.edu,Admin\nb,Admin\n",
        [A],
        [("error", "email_invalid", 6, "email")],
    ),
    Case("any order, others ignored", "note,Role, E-Mail \nx,Admin,a@x.edu\n", [A], []),
    Case("ids", "User ID,role\n7,Admin\n9223372036854775807,Admin\n", [(7, "Admin"), (2**63 - 1, "Admin")], []),
    Case("mended id", "User ID,role\n7.0,Admin\n", [(7, "Admin")], [("warning", "user_id_normalised", 2, "User ID")]),
    Case("bad id", "User ID,role\n7.5,Admin\n", [], [("error", "user_id_invalid", 2, "User ID")]),
    Case("both", "user_id,email,role\n7,a@x.edu,Admin\n,b@x.edu,Admin\n", [(7, "Admin"), ("b@x.edu", "Admin")], []),
    Case(
        "mended addresses",
        "email,role\nAnn <a@x.edu>,Admin\nmailto:a@x.edu,Admin\n",
        [A],
        [
            ("warning", "email_normalised", 2, "email"),
            ("warning", "email_normalised", 3, "email"),
            ("warning", "duplicate", 3, None),
        ],
    ),
    Case("lookalike", "email,role\n\u0430nn@x.edu,Admin\n", [], [("error", "email_lookalike", 2, "email")]),
    Case(
        "mended, but refused for its role",
        "email,role\nAnn <a@x.edu>,\nb@x.edu,Admin\n",
        [("b@x.edu", "Admin")],
        [("error", "role_missing", 2, "role")],
    ),
    Case("bad address", "E-Mail,role\nann,Admin\n", [], [("error", "email_invalid", 2, "E-Mail")]),
    Case("nobody", "email,role,note\n,Admin,x\n", [], [("error", "identity_missing", 2, "email")]),
    Case(
        "two identities", "email,E-Mail,role\na@x.edu,b@x.edu,Admin\n", [], [("error", "header_duplicate", 1, "E-Mail")]
    ),
    Case("no identity", "name,role\nann,Admin\n", [], [("error", "header_no_identity", 1, None)]),
    Case(
        "no header",
        "a@x.edu,Admin\n",
        [],
        [("error", "no_header", 1, None)],
    ),
    Case("no role", "\nemail\na@x.edu\n", [], [("error", "header_no_role", 2, None)]),
    Case("two roles", "email,role,roles\na@x.edu,Admin,Admin\n", [], [("error", "header_two_roles", 1, "roles")]),
    Case("unclear", "email;x,role\na;b,c\n", [], [("error", "delimiter_unclear", 1, None)]),
    Case("several in role", 'email,role\na@x.edu,"Admin, X"\n', [], [("error", "several_roles", 2, "role")]),
    Case("comma in a role", 'email,role\na@x.edu,"Editor, French"\n', [("a@x.edu", "Editor, French")], []),
    Case("roles", 'email,roles\na@x.edu," Admin; Editor, French"\n', [A, ("a@x.edu", "Editor, French")], []),
    Case("roles by comma", 'email,roles\na@x.edu,"Admin,Admin"\n', [A], [("warning", "duplicate", 2, None)]),
    Case("roles mixed", "email,roles\na@x.edu,Admin;x|y\n", [], [("error", "role_separators_mixed", 2, "roles")]),
    Case("empty role", "email,Role\na@x.edu, \n", [], [("error", "role_missing", 2, "Role")]),
    Case("empty roles", "email,roles\na@x.edu,;\n", [], [("error", "role_missing", 2, "roles")]),
    Case("control", 'email,role\na@x.edu,"Ad\nmin"\n', [], [("error", "role_control_character", 2, "role")]),
    Case("near", "email,role\na@x.edu,admin\n", [], [("error", "role_near_miss", 2, "role")]),
    Case("near, one of several", "email,roles\na@x.edu,Teacher;ADMIN\n", [], [("error", "role_near_miss", 2, "roles")]),
    Case("no role name", "email,role\na@x.edu,#N/A\n", [], [("error", "role_no_name", 2, "role")]),
    Case("alias", "email,role\na@x.edu,Boss\n", [A], [("info", "role_alias", 2, "role")]),
    Case(
        "unmanaged",
        "email,role\na@x.edu,Teacher\n",
        [("a@x.edu", "Teacher")],
        [("error", "no_managed_role", None, "role"), ("warning", "unmanaged_role", 2, "role")],
    ),
    Case("again", "email,role\na@x.edu,Admin\nA@X.EDU,Admin\n", [A], [("warning", "duplicate", 3, None)]),
    Case(
        "conflict",
        "email,user_id,role\na@x.edu,7,Admin\nb@x.edu,7,Admin\n",
        [(7, "Admin")],
        [("error", "identity_conflict", 3, None)],
    ),
    Case(
        "swallowed",
        'email,role,note\na@x.edu,Admin,"x\nb@x.edu,Admin,y\nc@x.edu,Admin,"\n',
        [],
        [("error", "swallowed_row", 2, "note")],
    ),
    Case("empty", "", [], [("error", "no_rows", None, None)]),
    Case("header only", "email,role\n", [], [("error", "no_rows", None, None)]),
    Case("blank rows only", "email,role\n\n,,\n", [], [("error", "no_rows", None, None)]),
    Case("nothing but commas", ",,\n,,\n", [], [("error", "no_rows", None, None)]),
    # Bytes
    Case("two byte order marks", b"\xef\xbb\xbf" * 2 + b"email,role\na@x.edu,Admin\n", [A], []),
    Case("utf-16", "\ufeffemail;role\r\na@x.edu;Admin\r\n".encode("utf-16-le"), [A], []),
    Case("utf-16, big end", "\ufeffemail;role\r\na@x.edu;Admin\r\n".encode("utf-16-be"), [A], []),
    Case("sep", "sep=;\r\nemail;role\r\na@x.edu;Admin\r\n", [A], []),
    Case("all line ends", "email,role\na@x.edu,Admin\rb@x.edu,Admin\r\nc@x.edu,Admin", [A, B, C], []),
    Case("a cell of megabytes", f'email,note,role\na@x.edu,"{"x" * 2**21}",Admin\n', [A], []),
    Case("gzip", gzip.compress(b"email,role\na@x.edu,Admin\n", mtime=0), [A], []),
    Case(
        "log-in page",
        "<!DOCTYPE html><form>Password<input name=email></form>",
        [],
        [("error", "not_text", None, None)],
    ),
    Case("JSON", '[{"email": "a@x.edu", "role": "Admin"}]', [("a@x.edu", "Admin")], []),
    Case("JSON that is cut", '[{"email": "a@x.edu", "role": "Admin"}, {"em', [], [("error", "damaged", None, None)]),
    Case("cut in a row", "email,role\na@x.edu,Admin\nb@x", [A], [("error", "row_too_short", 3, None)]),
    Case(
        "cut in a role",
        "email,role\na@x.edu,Admin\nb@x.edu,Adm",
        [A],
        [("error", "role_near_miss", 3, "role"), ("error", "cut_row", 3, None)],
    ),
    Case("no line end", "email,role\na@x.edu,Admin", [A], []),
    Case("cp1252 in a note", b"email,role,note\na@x.edu,Admin,Z\xfcrich\n", [A], [("warning", "not_utf8", None, None)]),
    Case(
        "UTF-8 taken for cp1252",
        "\ufeffemail,role\nj\u00fcrgen@x.edu,Admin\na@x.edu,Admin\n".encode().decode("cp1252"),
        [A],
        [("warning", "not_utf8", 1, None), ("error", "email_invalid", 2, "\u00ef\u00bb\u00bfemail")],
    ),
    # Headers
    Case(
        "written by R",
        '"user_id","name","role","note"\n"1",101,"Ann","Admin",""\n"2",102,"Bo","Admin",""\n',
        [],
        [("error", "header_short", 1, None)],
    ),
    Case("no-break spaces", "\u00a0E-Mail\u00a0,ROLE \na@x.edu,Admin\n", [A], []),
    Case(
        "header again",
        "email,role\na@x.edu,Admin\nemail,role\nb@x.edu,Admin\n",
        [A, B],
        [("warning", "header_repeated", 3, None)],
    ),
    Case(
        "comments",
        "# by Ann\nemail,role\n# teachers\na@x.edu,Admin\n",
        [A],
        [("warning", "title_ignored", 1, None), ("warning", "comment_ignored", 3, None)],
    ),
    Case(
        "commented out",
        "email,role\n#b@x.edu,Admin\na@x.edu,Admin\n",
        [A],
        [("error", "commented_row", 2, None)],
    ),
    Case("total", "email,role\na@x.edu,Admin\nTotal: 1,\n", [A], [("warning", "footer_ignored", 3, None)]),
    Case(
        "total in its own cell", "email,role\na@x.edu,Admin\nTotal,1\n", [A], [("warning", "footer_ignored", 3, None)]
    ),
    Case("number of users", "email,role\na@x.edu,Admin\n\n1 user\n", [A], [("warning", "footer_ignored", 4, None)]),
    Case(
        "a total is last",
        "email,role\nTotal,1\na@x.edu,Admin\n",
        [A],
        [("error", "email_invalid", 2, "email"), ("error", "role_no_name", 2, "role")],
    ),
    Case(
        "Canvas SIS admins",
        "user_id,account_id,role_id,role,status,root_account\n7,,1,AccountAdmin,active,\n",
        [],
        [("error", "foreign_export", 1, None)],
    ),
    Case(
        "Canvas SIS enrollments",
        "course_id,user_id,role,section_id,status\nc1,7,teacher,,active\n",
        [],
        [("error", "foreign_export", 1, None)],
    ),
    Case(
        "OneRoster",
        "sourcedId,status,enabledUser,role,username,email\n1,tobedeleted,true,administrator,ann,a@x.edu\n",
        [],
        [("error", "foreign_export", 1, None)],
    ),
    Case(
        "Google group",
        "Members for group staff\nEmail address,Nickname,Group status,Email status\na@x.edu,Ann,member,\n",
        [],
        [("warning", "title_ignored", 1, None), ("error", "foreign_export", 2, None)],
    ),
    Case(
        "Entra group",
        "id,userPrincipalName,displayName,objectType,userType\n1,a@x.edu,Ann,User,Member\n",
        [],
        [("error", "foreign_export", 1, None)],
    ),
    Case("Okta", "login,firstName,lastName,email\na@x.edu,A,X,a@x.edu\n", [], [("error", "foreign_export", 1, None)]),
    Case(
        "Adobe",
        "firstname,lastname,email,country,groups\nA,X,a@x.edu,CH,staff\n",
        [],
        [("error", "foreign_export", 1, None)],
    ),
    # Identities
    Case("folded", "email,role\nA\u0301NN@X.EDU,Admin\n", [("\u00e1nn@x.edu", "Admin")], []),
    Case("padding", "email,role\n\u00a0a@x.edu \t,Admin\n", [A], []),
    Case(
        "zero width and full width",
        "email,role\na\u200b@x.edu,Admin\n\uff42@x.edu,Admin\n",
        [A, B],
        [("warning", "email_normalised", 2, "email"), ("warning", "email_normalised", 3, "email")],
    ),
    Case("two addresses", 'email,role\n"a@x.edu, b@x.edu",Admin\n', [], [("error", "email_invalid", 2, "email")]),
    Case("two at signs", "email,role\na@@x.edu,Admin\n", [], [("error", "email_invalid", 2, "email")]),
    Case("blank inside", "email,role\na b@x.edu,Admin\n", [], [("error", "email_invalid", 2, "email")]),
    Case(
        "legal odd addresses",
        "email,role\no'brien@x.edu,Admin\nann+tag@x.edu,Admin\nna@x.edu,Admin\nnull@x.edu,Admin\n",
        [(f"{name}@x.edu", "Admin") for name in ("o'brien", "ann+tag", "na", "null")],
        [],
    ),
    *(
        Case(f"id {text}", f'user_id,role\n"{text}",Admin\n', [], [("error", "user_id_invalid", 2, "user_id")])
        for text in (
            "1.2E+05",
            "1,234",
            "1_02",
            "01103",
            "102.5",
            "9223372036854775808",
            "-7",
            "0",
            "9007199254740993.0",
        )
    ),
    Case(
        "an apostrophe",
        "user_id,role\n'101,Admin\n",
        [(101, "Admin")],
        [("warning", "user_id_normalised", 2, "user_id")],
    ),
    Case(
        "one address, two ids",
        "email,user_id,role\na@x.edu,7,Admin\na@x.edu,8,Admin\n",
        [(7, "Admin")],
        [("error", "identity_conflict", 3, None)],
    ),
    # Roles and optional columns
    *(
        Case(f"role {text}", f'email,role\na@x.edu,"{text}"\n', [], [("error", "role_no_name", 2, "role")])
        for text in ("#REF!", "=A1", "TRUE", "ja", "2026-06-30", "TBD", "-", "1")
    ),
    Case(
        "actions",
        "email,role,action\na@x.edu,Admin,add\nb@x.edu,Admin,Remove\nc@x.edu,Admin,\n",
        [A, C],
        [("info", "role_taken", 3, "action")],
    ),
    Case(
        "statuses",
        "E-Mail;Rolle;Status\na@x.edu;Admin;aktiv\nb@x.edu;Admin;gesperrt\nc@x.edu;Admin;beurlaubt\n",
        [A],
        [("info", "role_taken", 3, "Status"), ("error", "action_unknown", 4, "Status")],
    ),
    Case(
        "a column that removes",
        "email,role,remove\na@x.edu,Admin,\nb@x.edu,Admin,x\nc@x.edu,Admin,no\n",
        [A, C],
        [("info", "role_taken", 3, "remove")],
    ),
    Case(
        "an account that speaks against its user",
        "email,role,Account Status\na@x.edu,Admin,Active\nb@x.edu,Admin,Disabled\nc@x.edu,Admin,?\n",
        [A, B, C],
        [("error", "column_unclear", 1, "Account Status")],
    ),
    Case(
        "accounts that all count",
        "email,role,is_active,Deleted\na@x.edu,Admin,true,\nb@x.edu,Admin,TRUE,\n",
        [A, B],
        [("info", "column_ignored", 1, "is_active")],
    ),
    Case(
        "ids of another program",
        "User ID,Login,Email Address,Role\nx1,a,a@x.edu,Admin\n12345,b,b@x.edu,Admin\n,c,c@x.edu,Admin\n",
        [A, B, C],
        [("info", "user_id_foreign", 1, "User ID")],
    ),
    Case(
        "ids of another program without addresses",
        "user_id,Login,email,role\n5,a,,Admin\n6,b,b@x.edu,Admin\nx,c,c@x.edu,Admin\n",
        [(5, "Admin"), B, C],
        [("warning", "user_id_foreign", 1, "user_id")],
    ),
    Case("noted error", "email,role,errors\na@x.edu,Admin,x\n", [], [("error", "error_noted", 2, "errors")]),
    Case("unknown action", "email,role,Status\na@x.edu,Admin,maybe\n", [], [("error", "action_unknown", 2, "Status")]),
    Case(
        "dates",
        "email,role,starts,expires\na@x.edu,Admin,2026-03-01,2026-03-01\nb@x.edu,Admin,2026-03-02,\nc@x.edu,Admin,,2026-02-28\n",
        [A],
        [("info", "role_not_yet", 3, "starts"), ("info", "role_ended", 4, "expires")],
    ),
    Case(
        "dates in other forms",
        "email,role,expires\na@x.edu,Admin,30.06.2026\nb@x.edu,Admin,June 30 2026\n",
        [A, B],
        [("warning", "date_normalised", 2, "expires"), ("warning", "date_normalised", 3, "expires")],
    ),
    Case(
        "an unclear date",
        "email,role,expires\na@x.edu,Admin,03/04/2026\n",
        [],
        [("error", "date_ambiguous", 2, "expires")],
    ),
    Case("no date", "email,role,expires\na@x.edu,Admin,soon\n", [], [("error", "date_invalid", 2, "expires")]),
    Case(
        "dates reversed",
        "email,role,starts,expires\na@x.edu,Admin,2026-07-01,2026-06-30\n",
        [],
        [("error", "dates_reversed", 2, None)],
    ),
    Case(
        "given and taken",
        "email,role,action\na@x.edu,Admin,add\nb@x.edu,Admin,add\na@x.edu,Admin,delete\n",
        [B],
        [("error", "contradiction", 2, None), ("info", "role_taken", 4, "action"), ("error", "contradiction", 4, None)],
    ),
    Case(
        "a blank before quotes",
        'email, role\n"a@x.edu", "Admin"\n',
        [],
        [("error", "role_near_miss", 2, " role")],
    ),
    Case(
        "error values",
        "name,email,role\n#N/A,a@x.edu,Admin\n#NV,#NV,Admin\n",
        [A],
        [("error", "email_invalid", 3, "email")],
    ),
    Case(
        "an apostrophe before an address", "email,role\n'a@x.edu,Admin\n", [], [("error", "email_invalid", 2, "email")]
    ),
    Case(
        "joined files with byte order marks",
        "\ufeffemail,role\na@x.edu,Admin\n\ufeffemail,role\nb@x.edu,Admin\n",
        [A, B],
        [("warning", "header_repeated", 3, None)],
    ),
    Case(
        "a hidden total",
        xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"], ["Total", 1]]}, hidden_rows=[3]),
        [A],
        [("warning", "hidden", 3, None), ("warning", "footer_ignored", 3, None)],
    ),
    Case(
        "the ends of two rows in a cell",
        'email,note,role\na@x.edu,"x,Admin\nb@x.edu,y",Admin\n',
        [],
        [("error", "swallowed_row", 2, "note")],
    ),
]
