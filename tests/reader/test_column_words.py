from itertools import combinations
from time import process_time

import pytest
from hypothesis import given, strategies as st

from rolesync.reader.column_words import (
    CellMeaning,
    ColumnKind,
    HeaderMeaning,
    cell_meaning,
    header_meaning,
    header_meanings,
    is_of_other_program,
    speaks_against_user,
    status_words,
)
from rolesync.reader.word_tables import fold_word, word_tables

TABLES = word_tables()  # the file itself is tested
LANGUAGES = ["en", "de", "fr", "es", "pt", "it", "nl", "ja"]
HEADERS = [
    (kind, word) for kind, lines in TABLES["header"].items() for words in lines.values() for word in words
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Email*", "email"),
        ("Work Email", "email"),
        ("Email Address [Required]", "email"),
        ("ｅメール", "email"),
        ("Courriel", "email"),
        ("Role (required)", "role"),
        ("Rôle", "role"),
        ("Status [READ ONLY]", "action"),
        ("Role Status", "action"),
        ("ROW_STATUS", "action"),
        ("remove?", "remove"),
        ("Account Status", "status"),
        ("acct_status", "status"),
        ("is_active", "active"),
        ("User Active?", "active"),
        ("Active (Y/N)", "active"),
        ("AVAILABLE_IND", "active"),
        ("accountEnabled", "active"),
        ("Block credential", "against"),
        ("archived", "against"),
        ("deletedAt", "against"),
        ("geloescht", "against"),
        ("Startdatum (TT.MM.JJJJ)", "starts"),
        ("endDate", "expires"),
        ("roleEndDate", "expires"),
        ("Termination Date", "expires"),
        ("AccountExpirationDate", "expires"),
        ("gueltig bis", "expires"),
        ("Name, Vorname", "name"),
    ],
)
def test_a_header_is_known_with_what_programs_and_people_put_around_it(text: str, kind: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind(kind))


@pytest.mark.parametrize(
    "text",
    [
        "estado",
        "État",
        "enrollment_state",
        "Status des Vertrags",
        "estado civil",
        "state",
        "Funktion",
        "Cargo",
        "baja",
        "until",
        "in dienst",
    ],
)
def test_a_word_with_a_second_meaning_is_not_sure(text: str) -> None:
    meaning = header_meaning(text)
    assert meaning
    assert not meaning.sure


@pytest.mark.parametrize(
    "text",
    ["", " ", "*", "Email (private)", "parent email", "Role (Canvas)", "last active", "activated on", "hire date",
     "password expires", "kontostand", "role type", "address", "notes", "ends with"],
)  # fmt: skip
def test_any_other_header_means_nothing(text: str) -> None:
    assert header_meaning(text) is None


@pytest.mark.parametrize(
    "text",
    ["Expired", "Is expired", "On leave", "Cancelled", "Account closed", "Ended", "Dismissed", "Dropped",
     "Inactive since", "Deactivated by", "Access removed", "Role removed", "Student withdrawn", "退会"],
)  # fmt: skip
def test_a_header_that_says_that_the_user_or_the_role_is_gone_is_known(text: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind.AGAINST)


@pytest.mark.parametrize("text", ["Role active", "gültig", "Valid", "Access enabled"])
def test_a_header_that_says_that_the_user_or_the_role_counts_is_known(text: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind.ACTIVE)


@pytest.mark.parametrize(
    "text",
    ["Date of leaving", "Withdrawal date", "Kündigungsdatum", "Fecha baja", "Fin de contrat", "Sorti le",
     "Data cessazione", "Datum einde", "Einde dienstverband"],
)  # fmt: skip
def test_a_date_of_leaving_may_end_the_role(text: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind.EXPIRES, sure=False)


@pytest.mark.parametrize(
    "text",
    ["Date de fin de contrat", "Fecha de cese", "Data cessazione rapporto", "Toegang tot en met", "contractEndDate",
     "Vertragsendedatum", "利用終了予定日", "Retirement", "Kündigung", "Pensionierungsdatum", "Date de démission",
     "Démission", "Fecha de salida", "Data pensionamento", "Uitdiensttreding", "Pensioen per"],
)  # fmt: skip
def test_a_header_with_a_word_about_an_end_may_end_the_role(text: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind.EXPIRES, sure=False)


@pytest.mark.parametrize(
    "text",
    ["Konto ist nicht mehr aktiv", "Compte non actif", "Anmeldeinformationen blockieren", "Employee left?",
     "Sperrvermerk", "アカウントを停止する"],
)  # fmt: skip
def test_a_header_with_a_word_about_a_block_may_speak_against_a_user(text: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind.AGAINST, sure=False)


@pytest.mark.parametrize(
    "text", ["Password expiration date", "Ablaufdatum des Passworts", "Block", "Weekend", "Legend"]
)
def test_an_end_of_something_else_says_nothing_about_the_user(text: str) -> None:
    assert header_meaning(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1. Email", "email"), ("(2) Role:", "role"), ("▼ Role ↑", "role"), ("E-mailadres (werk)", "email"),
     ("• Konto noch aktiv", "active")],
)  # fmt: skip
def test_numbers_and_signs_around_a_header_make_no_difference(text: str, kind: str) -> None:
    assert header_meaning(text) == HeaderMeaning(ColumnKind(kind))


@pytest.mark.parametrize("text", ["Comment (" + " " * 100_000, "(" * 100_000, "role (" + "x " * 100_000 + ")"])
def test_a_long_cell_is_soon_known_as_no_header(text: str) -> None:
    start = process_time()
    assert header_meaning(text) is None
    assert not is_of_other_program(text, None)
    assert process_time() - start < 1


@pytest.mark.parametrize("kind", TABLES["header"])
def test_each_kind_has_words_in_each_language(kind: str) -> None:
    missing = {"remove": {"ja"}, "given_name": {"it"}, "roles": {"ja"}}.get(kind, set())
    assert [language for language in LANGUAGES if language not in TABLES["header"][kind]] == sorted(missing)


@pytest.mark.parametrize(
    "tables", [TABLES["header"], TABLES["unclear"], TABLES["words"]], ids=["header", "un", "words"]
)
def test_no_word_has_two_meanings(tables: dict[str, dict[str, list[str]]]) -> None:
    for (kind, lines), (other, other_lines) in combinations(tables.items(), 2):
        words, others = ({fold_word(word) for words in of.values() for word in words} for of in (lines, other_lines))
        assert words & others == set(), f"{kind} and {other}"


def test_no_sure_header_is_also_unclear() -> None:
    sure, unclear = (
        {fold_word(word) for lines in TABLES[name].values() for words in lines.values() for word in words}
        for name in ("header", "unclear")
    )
    assert sure & unclear == set()


@given(st.sampled_from(HEADERS), st.sampled_from([str.upper, str.title, str.casefold]), st.sampled_from(["", " ", "*"]))
def test_case_and_stars_make_no_difference(header: tuple[str, str], change: object, star: str) -> None:
    kind, word = header
    assert callable(change)
    assert header_meaning(f"{change(word)}{star}") == HeaderMeaning(ColumnKind(kind))


def test_a_name_beside_a_part_of_the_name_is_the_other_part() -> None:
    given_name, family, name = ColumnKind.GIVEN_NAME, ColumnKind.FAMILY_NAME, ColumnKind.NAME

    def kinds(*header: str) -> list[ColumnKind | None]:
        return [meaning and meaning.kind for meaning in header_meanings(header)]

    assert kinds("Name", "Vorname") == [family, given_name]
    assert kinds("Nombre", "Apellidos") == [given_name, family]
    assert kinds("Nombre", "x") == [name, None]
    assert kinds("Name", "Vorname", "Nachname") == [name, given_name, family]


@pytest.mark.parametrize(
    ("kind", "cell", "meaning"),
    [
        ("status", "Active", "counts"),
        ("status", "Activo/a", "counts"),
        ("status", "Suspended", "against"),
        ("status", "désactivé(e)", "against"),
        ("status", "DESACTIVE", "against"),
        ("status", "Geloescht", "against"),
        ("status", "退職済み", "against"),
        ("status", "password_expired", "ask"),
        ("status", "On leave", "ask"),
        ("status", "eingeladen", "ask"),
        ("status", "locked", "ask"),
        ("status", "aktiv (bis 31.7.)", "unknown"),
        ("status", "1", "unknown"),
        ("status", "  ", "blank"),
        ("active", "x", "counts"),
        ("active", "○", "counts"),
        ("active", "\u00d7", "against"),
        ("active", "-", "against"),
        ("active", "FALSCH", "against"),
        ("active", "Inactive", "against"),
        ("active", "o", "unknown"),
        ("against", "TRUE", "against"),
        ("against", "non", "counts"),
        ("against", "Active", "unknown"),
        ("against", "Enabled", "unknown"),
        ("against", "granted", "unknown"),
        ("against", "keep", "counts"),
        ("remove", "Enabled", "unknown"),
        ("remove", "active", "unknown"),
        ("remove", "hinzufügen", "counts"),
        ("remove", "x", "against"),
        ("remove", "keep", "counts"),
    ],
)  # fmt: skip
def test_a_cell_counts_speaks_against_or_must_be_asked(kind: str, cell: str, meaning: str) -> None:
    assert cell_meaning(ColumnKind(kind), cell) == CellMeaning(meaning)


def test_yes_and_no_have_no_word_in_common() -> None:
    yes, no = (
        {fold_word(word) for words in TABLES["words"][name].values() for word in words} for name in ("yes", "no")
    )
    assert yes & no == set()


@given(st.sampled_from([CellMeaning.COUNTS, CellMeaning.AGAINST, CellMeaning.ASK]), st.data())
def test_each_status_word_means_what_its_table_says(meaning: CellMeaning, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(list(status_words(meaning))))
    assert cell_meaning(ColumnKind.STATUS, word.upper()) is meaning


@pytest.mark.parametrize(
    "cell",
    [
        "left, 3 May",
        "Left (May)",
        "left 2025-05-03",
        "Suspended since 3 May",
        "gesperrt seit 3.5.",
        "parti le 3 mai",
        "deleted, 12.2024",
        "retired 12 June, thanks",
        "退職 (2025年3月)",
        "désactivée depuis mars",
    ],
)
def test_a_word_before_a_date_speaks_against_a_user(cell: str) -> None:
    assert speaks_against_user(cell)


@pytest.mark.parametrize(
    "cell",
    ["left may be", "left 3", "Left wing 3", "closed 3 May", "expired 2024", "suspended may return", "3 May", "May 3"],
)
def test_a_date_alone_or_after_a_word_about_things_says_nothing(cell: str) -> None:
    assert not speaks_against_user(cell)
