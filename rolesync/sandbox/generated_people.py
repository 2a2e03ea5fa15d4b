"""Generate the people of the sandbox and their media: the cast first, then random people up to the wanted number.

The same seed and number give the same people. People are generated one by one, so that 100,000 people need no memory on
their way into the store.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rolesync.sandbox.sample_people import CAST, Person

PeopleSource = Callable[[], Iterable[Person]]
"""Returns the people of the account instead of generated people; a reset calls it again, so it must repeat itself."""

_FIRST_ID = 20_000

_FIRST_NAMES = (  # noqa: SIM905  # words are easier to read in one text
    "Ada Amir Ana Ben Carla Chen Dara Elif Emil Esra Finn Grace Hugo Ines Ivan Jana Jonah Kofi Lena Leo Lucía Maja "
    "Malik Mina Nadia Nils Noor Olga Omar Paula Petra Ravi Rosa Ruth Sami Sara Søren Tara Theo Uma Vera Wei Yara Zara"
).split()
_FAMILY_NAMES = (  # noqa: SIM905  # as above
    "Abebe Alves Anders Bakker Baum Castro Cohen Dahl Diaz Eriksen Farouk Fuchs García Gupta Haas Hill Ito Jansen "
    "Jones Kaya Keller Khan Kim Kovács Larsen Lopez Marino Meyer Mori Müller Ndiaye Okafor Park Petrov Quinn Rossi "
    "Sato Silva Smith Suzuki Tran Urban Vogel Wang Yilmaz Zhou"
).split()
_PLAIN = str.maketrans("áäåéíóöøúü", "aaaeiooouu")

_ROLES = (("Student",), ("Teacher",), ("Student", "Teacher"), ("Observer",), ("Subaccount admin",), ())
_WEIGHTS = (80, 12, 3, 2, 1, 2)


class Medium(NamedTuple):
    """One medium of the sandbox: its owner, and one user who may view it (`viewer_id`, 0 for no user)."""

    id: int
    owner_id: int
    viewer_id: int
    title: str
    duration: float
    created_at: str
    size: int


def generate_people(users: int, seed: int, admins: int = 0) -> Iterator[Person]:
    """Yield `users` people: the cast, cut if there are fewer, then generated people with ascending ids.

    Nobody but the cast holds Admin, unless `admins` asks for more: then evenly spread generated people do as well.
    """
    cast = CAST[:users]
    yield from cast
    generated = users - len(cast)
    extra_admins = max(0, admins - sum("Admin" in person.roles for person in cast))
    chance = random.Random(seed)  # noqa: S311  # reproducible on purpose
    person_id = _FIRST_ID
    for number in range(generated):
        person_id += chance.choice((1, 1, 1, 2, 5))
        first, family = chance.choice(_FIRST_NAMES), chance.choice(_FAMILY_NAMES)
        roles = chance.choices(_ROLES, _WEIGHTS)[0]
        if (number + 1) * extra_admins // generated > number * extra_admins // generated:
            roles = ("Admin", *roles)
        name = f"{first} {family}"
        yield Person(person_id, name, name, _address(first, family, number, chance.random()), roles)


def generate_media(owners: Iterator[tuple[int, str]], seed: int) -> Iterator[Medium]:
    """Yield the media of these people (id, full name): three for each of the cast, one for every fifth other person."""
    chance = random.Random(f"media {seed}")  # noqa: S311  # reproducible on purpose
    cast_ids = {person.id for person in CAST}
    medium_id, previous = 500, 0
    for owner_id, name in owners:
        for number in range(3 if owner_id in cast_ids else owner_id % 5 == 0):
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


def _address(first: str, family: str, number: int, kind: float) -> str | None:
    """Make an address: mostly plain, one in fifty in mixed case, and a few null, empty, or a login name."""
    local = f"{first}.{family}".lower().translate(_PLAIN) + str(number)
    if kind < 0.02:  # noqa: PLR2004  # the shares of the docstring
        return f"{local.title()}@Example.edu"
    if kind < 0.025:  # noqa: PLR2004  # as above
        return None
    if kind < 0.028:  # noqa: PLR2004  # as above
        return ""
    return local.replace(".", "") if kind < 0.03 else f"{local}@example.edu"  # noqa: PLR2004  # as above
