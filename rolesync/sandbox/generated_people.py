"""Who is in the sandbox, and which media they have: the cast first, then as many generated people as asked for.

The same seed and number give the same people. Everything is generated row by row, so that a hundred thousand people
need no memory of their own on the way into the store.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rolesync.sandbox.sample_people import CAST, Person

Given = Callable[[], Iterable[Person]]
"""Gives people that somebody else has chosen, in the same way each time it is called: a reset asks again."""

_FIRST_ID = 20_000

_GIVEN = (  # noqa: SIM905  # words read best as words
    "Ada Amir Ana Ben Carla Chen Dara Elif Emil Esra Finn Grace Hugo Ines Ivan Jana Jonah Kofi Lena Leo Lucía Maja "
    "Malik Mina Nadia Nils Noor Olga Omar Paula Petra Ravi Rosa Ruth Sami Sara Søren Tara Theo Uma Vera Wei Yara Zara"
).split()
_FAMILY = (  # noqa: SIM905  # as above
    "Abebe Alves Anders Bakker Baum Castro Cohen Dahl Diaz Eriksen Farouk Fuchs García Gupta Haas Hill Ito Jansen "
    "Jones Kaya Keller Khan Kim Kovács Larsen Lopez Marino Meyer Mori Müller Ndiaye Okafor Park Petrov Quinn Rossi "
    "Sato Silva Smith Suzuki Tran Urban Vogel Wang Yilmaz Zhou"
).split()
_PLAIN = str.maketrans("áäåéíóöøúü", "aaaeiooouu")

_ROLES = (("Student",), ("Teacher",), ("Student", "Teacher"), ("Observer",), ("Subaccount admin",), ())
_WEIGHTS = (80, 12, 3, 2, 1, 2)


class Medium(NamedTuple):
    """One medium of the sandbox, which its owner owns and `viewer_id` (0 for nobody) may view."""

    id: int
    owner_id: int
    viewer_id: int
    title: str
    duration: float
    created_at: str
    size: int


def people(users: int, seed: int) -> Iterator[Person]:
    """Yield `users` people with rising ids, but for the cast, who come first; `users` below the cast's size cuts it."""
    yield from CAST[:users]
    chance = random.Random(seed)  # noqa: S311  # reproducible on purpose
    person_id = _FIRST_ID
    for number in range(users - len(CAST)):
        person_id += chance.choice((1, 1, 1, 2, 5))
        given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
        roles = chance.choices(_ROLES, _WEIGHTS)[0]
        name = f"{given} {family}"
        yield Person(person_id, name, name, _address(given, family, number, chance.random()), roles)


def media(owners: Iterator[tuple[int, str]], seed: int) -> Iterator[Medium]:
    """Yield the media of these people (id, full name): three of each of the cast, one of every fifth person else."""
    chance = random.Random(f"media {seed}")  # noqa: S311  # reproducible on purpose
    cast = {person.id for person in CAST}
    medium_id, previous = 500, 0
    for owner_id, name in owners:
        for number in range(3 if owner_id in cast else owner_id % 5 == 0):
            medium_id += 1
            yield Medium(
                id=medium_id,
                owner_id=owner_id,
                viewer_id=previous if number == 1 else 0,
                title=f"{name}: recording {number + 1}",
                duration=round(chance.uniform(20, 5400), 2),
                created_at=_time(chance),
                size=chance.randint(10**6, 2 * 10**9),
            )
        previous = owner_id


def _time(chance: random.Random) -> str:
    month, day, hour = chance.randint(1, 12), chance.randint(1, 28), chance.randint(7, 18)
    return f"2024-{month:02}-{day:02}T{hour:02}:30:00Z"


def _address(given: str, family: str, number: int, kind: float) -> str | None:
    """Mostly a plain address; one in fifty in mixed case, a few null, empty, or a login."""
    local = f"{given}.{family}".lower().translate(_PLAIN) + str(number)
    if kind < 0.02:  # noqa: PLR2004  # the shares are told above
        return f"{local.title()}@Example.edu"
    if kind < 0.025:  # noqa: PLR2004  # as above
        return None
    if kind < 0.028:  # noqa: PLR2004  # as above
        return ""
    return local.replace(".", "") if kind < 0.03 else f"{local}@example.edu"  # noqa: PLR2004  # as above
