"""The people of every sandbox, chosen so that each peculiarity of Studio has an example.

The ids have gaps, ten people hold Admin, and `sample_data/desired_roles.csv` is a list for these people. The tokens of
the sandbox belong to Alexandra Novak (`admin@example.edu`).
"""

from typing import NamedTuple

OWNER = "admin@example.edu"
"""The address of the token's owner."""


class Person(NamedTuple):
    """One Studio user.

    `email` is None if Studio answers null, and "" if it answers an empty text. `email_given` is False if the answer
    lacks the field. `roles` are in the order in which they were added.
    """

    id: int
    full_name: str
    display_name: str
    email: str | None
    roles: tuple[str, ...]
    email_given: bool = True


CAST = (
    Person(1002, "Alexandra Novak", "Alex Novak", OWNER, ("Admin", "Teacher")),
    Person(1003, "Maria Fernandes", "Maria Fernandes", "Maria.Fernandes@example.edu", ("Admin",)),
    Person(1007, "Zoë Åkerström", "Zoë Åkerström", "zoe.akerstrom@example.edu", ("Admin", "Teacher")),
    Person(1011, "Siobhán O'Neill", "Siobhán O'Neill", "siobhan.o'neill@example.edu", ("Teacher", "Admin")),
    Person(1012, "Kwame Mensah", "Kwame Mensah", "k.mensah+studio@example.edu", ("Admin",)),
    Person(1018, "Yuki Tanaka", "田中 由紀", "yuki.tanaka@example.edu", ("Teacher", "Admin")),
    Person(1023, "Priya Raman", "Priya Raman", "PRIYA.RAMAN@EXAMPLE.EDU", ("Admin",)),
    Person(1024, "Tomasz Wójcik", "Tomek Wójcik", "tomasz.wojcik@example.edu", ("Admin", "Teacher", "Observer")),
    Person(1031, "Gregory Stone", "Greg Stone", "greg.stone@example.edu", ("Admin", "Teacher")),
    Person(1040, "Beatriz Lima", "Bia Lima", "beatriz.lima@example.edu", ("Admin",)),
    Person(1044, "Hannah Fischer", "Hannah Fischer", "hannah.fischer@example.edu", ("Subaccount admin", "Teacher")),
    Person(1052, "Omar Haddad", "Omar Haddad", "omar.haddad@example.edu", ("Teacher",)),
    Person(1053, "Ingrid Solberg", "Ingrid Solberg", "Ingrid.Solberg@example.edu", ("Teacher",)),
    Person(1060, "Daniel Adeyemi", "Dan Adeyemi", "daniel.adeyemi@example.edu", ("Student", "Teacher")),
    Person(1067, "Chloé Dubois", "Chloé Dubois", "chloe.dubois@example.edu", ("Observer",)),
    Person(1071, "Łukasz Żak", "Łukasz Żak", "lukasz.zak@example.edu", ("Student",)),
    # Two people with the same address: a search by address can't tell which of them a row means.
    Person(1078, "Sam Porter", "Sam Porter", "sam.porter@example.edu", ("Student",)),
    Person(1079, "Samantha Porter", "Sam Porter", "Sam.Porter@example.edu", ("Teacher",)),
    # A Canvas login where an address should be, and four ways of having none.
    Person(1085, "Noah Bergmann", "Noah Bergmann", "nbergmann2", ("Student",)),
    Person(1090, "Lecture Capture Room 12", "Room 12", None, ("Teacher",)),
    Person(1091, "Visiting Examiner", "Examiner", "", ("Observer",)),
    Person(1097, "Test Student", "Test Student", None, ("Student",), email_given=False),
    Person(1103, "Fatima Zahra El Amrani", "Fatima El Amrani", "fatima.elamrani@example.edu", ()),
    Person(2**40 + 17, "Jonas Weber", "Jonas Weber", "jonas.weber@example.edu", ("Student",)),
)
