import pytest

from rolesync.reader.remarks import (
    KEY,
    MAX_REMARK,
    keys,
    phrases_against,
    remark_speaks_against,
    text_before_date,
)

EXAMPLE = str.maketrans({"#": "2024", "~": "May", "=": "3 May"})


@pytest.mark.parametrize(
    "text",
    [
        "no longer works here",
        "Ms Lee NO LONGER WORKS HERE (May)",
        "has left",
        "left the school in June",
        "Left in 2024",
        "has left Berlin office to join Paris",
        "arbeitet nicht mehr bei uns",
        "nicht mehr taetig",
        "ist am 31.7. ausgeschieden",
        "ne travaille plus ici",
        "n\u2019est plus là",
        "a demissionne en mai",
        "ya no trabaja aquí",
        "não trabalha mais na escola",
        "aposentou-se em 2024",
        "non lavora più qui",
        "è in pensione dal 2024",
        "werkt hier niet meer",
        "heeft de school verlaten",
        "left in May",
        "left in May, please remove",
        "Ann Lee - please remove",
        "please delete this one",
        "delete after summer",
        "Remove from list!",
        "do not give access",
        "Don't give access",
        "no admin rights please",
        "bitte keine Adminrechte",
        "hat uns im Mai verlassen",
        "partie en août",
        "se fue en mayo",
        "saiu em março",
        "andata via a maggio",
        "vertrokken in mei",
        "geen toegang a.u.b.",
        "left on 3 May",
        "/Suspended Users",
        "3月末で退職",
        "2025年3月退職予定",
        "CN=Bob,OU=Disabled Users,DC=x,DC=edu",
        "OU=Ehemalige Mitarbeiter,DC=x",
        "Ann left on May 3rd, 2025",
        "left on 3rd of May",
        "left on 03.05.",
        "left in 5/2025",
        "left on 2025-05-03",
        "hat uns am 3. Mai verlassen",
        "parti le 1er mars",
        "se fue el 3 de mayo de 2025",
        "saiu em 3 de maio",
        "uscito il 3.5.2025",
        "vertrokken op 3 mei",
    ],
)
def test_a_phrase_against_a_user_is_found_in_a_text(text: str) -> None:
    assert remark_speaks_against(text)


@pytest.mark.parametrize(
    "text",
    [
        "Left wing building",
        "left a message",
        "left in the corner",
        "may be left in a hurry",
        "No access card yet",
        "May",
        "remover",
        "do not disturb",
        "has left a message for Ann",
        "to the left of the door",
        "longer lessons",
        "was suspended in 2019",
        "knows who was terminated",
        "retired early from the race",
        "contract until 2030",
        "Schule am Verlassenen Weg",
        "nicht mehr als zwei",
        "plus tard",
        "ha dejado un mensaje",
        "ha lasciato un messaggio",
        "niet meer dan twee",
        "",
        "no longer works here " * (MAX_REMARK // 10),
    ],
)
def test_ordinary_texts_say_nothing(text: str) -> None:
    assert not remark_speaks_against(text)


@pytest.mark.parametrize("phrase", phrases_against())
def test_each_phrase_is_found_by_its_key(phrase: str) -> None:
    assert remark_speaks_against(f"x {phrase.translate(EXAMPLE)}, y")


@pytest.mark.parametrize(
    "month", ["May", "january", "Sept", "Mai", "März", "Maerz", "août", "mayo", "março", "maggio", "mei"]
)
def test_any_month_may_follow(month: str) -> None:
    assert remark_speaks_against(f"left in {month}, please call")


def test_keys_are_short_and_of_ascii() -> None:
    assert {len(key) for key in keys()} == {KEY}
    assert all(key == key.lower() and key.isascii() for key in keys())


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("left, 3 May", "left"),
        ("Left (May)", "left"),
        ("left May 2025", "left"),
        ("no longer active since 3.5.", "no longer active"),
        ("gesperrt seit Anfang Mai, bitte löschen", "gesperrt"),
        ("退職 (2025年3月31日)", "退職"),
        ("3 May", ""),
        ("May", ""),
        ("left may be", ""),
        ("room 12", ""),
        ("left" + " x" * MAX_REMARK + " 3 May", ""),
    ],
)
def test_a_text_is_cut_before_its_date(text: str, before: str) -> None:
    assert text_before_date(text) == before
