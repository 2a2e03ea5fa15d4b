"""Generated people and media: the same from the same seed, and mostly ordinary."""

from rolesync.sandbox.generated_people import generate_media, generate_people
from rolesync.sandbox.sample_people import CAST


def test_the_cast_comes_first_and_can_be_cut() -> None:
    assert list(generate_people(3, 1)) == list(CAST[:3])
    assert list(generate_people(30, 1))[: len(CAST)] == list(CAST)


def test_the_same_seed_makes_the_same_people_and_another_makes_others() -> None:
    assert list(generate_people(500, 1)) == list(generate_people(500, 1))
    assert list(generate_people(500, 1)) != list(generate_people(500, 2))


def test_fewer_people_are_the_first_of_more() -> None:
    assert list(generate_people(500, 1))[:100] == list(generate_people(100, 1))


def test_generated_people_are_mostly_students_and_never_admins() -> None:
    people = list(generate_people(5024, 1))[len(CAST) :]
    ids = [person.id for person in people]
    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] > len(ids)
    assert sum("Student" in person.roles for person in people) > 0.75 * len(people)
    assert not any("Admin" in person.roles for person in people)
    emails = [person.email for person in people if person.email]
    assert len({email.lower() for email in emails}) == len(emails)
    assert 0 < sum(not person.email for person in people) < 100


def test_more_admins_are_spread_over_generated_people_who_are_else_the_same() -> None:
    people, usual = list(generate_people(500, 1, 300)), list(generate_people(500, 1))
    assert sum("Admin" in person.roles for person in people) == 300
    assert people[: len(CAST)] == list(CAST)
    assert [person._replace(roles=()) for person in people] == [person._replace(roles=()) for person in usual]
    assert list(generate_people(500, 1, 7)) == usual  # the cast keeps its ten


def test_each_of_the_cast_has_three_media_and_shares_one() -> None:
    media = list(generate_media(iter([(1002, "A"), (1003, "B"), (20001, "C"), (20005, "D")]), 1))
    assert [(medium.owner_id, medium.viewer_id) for medium in media] == [
        (1002, 0), (1002, 0), (1002, 0), (1003, 0), (1003, 1002), (1003, 0), (20005, 0),
    ]  # fmt: skip
    assert len({medium.id for medium in media}) == len(media)
    assert media == list(generate_media(iter([(1002, "A"), (1003, "B"), (20001, "C"), (20005, "D")]), 1))
