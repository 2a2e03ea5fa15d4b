from dataclasses import replace

from rolesync.model.frames import CHANGES, frame
from rolesync.model.plans import DomainCount, Plan
from rolesync.model.reasons import Reason
from rolesync.model.vocabulary import Action
from rolesync.report.content.outliers import MOST_NAMED, emptied_domains, outliers
from tests.report.samples import columns, make_plan

TEACHER = '["Admin","Teacher"]'


def change(number: int, domain: str, action: Action = Action.REMOVE, before: str = TEACHER) -> tuple[object, ...]:
    return (number, f"p{number}@{domain}", f"P {number}", action, "Admin", Reason.NOT_LISTED, 0, before)


def plan(*changes: tuple[object, ...], **before: int) -> Plan:
    domains = tuple(DomainCount("Admin", domain.replace("_", "."), number) for domain, number in before.items())
    return replace(make_plan(), changes=frame(CHANGES, columns(CHANGES, changes)), domains=domains)


def test_a_domain_that_loses_all_its_holders_stands_out_the_largest_first() -> None:
    shown = plan(
        change(1, "art.edu"),
        change(2, "LIB.edu"),
        change(3, "lib.edu"),
        change(4, "x.edu"),
        art_edu=1,
        lib_edu=2,
        x_edu=9,
    )
    assert emptied_domains(shown) == [("Admin", "lib.edu", 2), ("Admin", "art.edu", 1)]
    assert outliers(shown) == [
        ("All 2 holders of Admin at lib.edu lose the role", '"@lib.edu>"', "remove"),
        ("The only Admin of art.edu loses the role", '"@art.edu>"', "remove"),
    ]


def test_a_domain_that_gets_a_new_holder_and_a_plan_without_counts_do_not_stand_out() -> None:
    assert outliers(plan(change(1, "art.edu"), change(2, "art.edu", Action.ADD), art_edu=1)) == []
    assert outliers(plan(change(1, "art.edu"))) == []


def test_users_without_any_role_stand_out_and_many_domains_are_counted() -> None:
    many = [change(number, f"d{number}.edu", before='["Admin"]') for number in range(1, MOST_NAMED + 4)]
    shown = outliers(plan(*many, **{f"d{number}_edu": 1 for number in range(1, MOST_NAMED + 4)}))
    assert len(shown) == MOST_NAMED + 2
    assert shown[-2:] == [
        ("3 more domains lose all holders of a role: group by domain", "", "remove"),
        ("8 users are left without any role", '"→ no role"', "remove"),
    ]
