"""What the tests of a plan's page and of a review's page have in common."""

from dataclasses import replace
from typing import Any

from playwright.sync_api import Locator, Page

from rolesync.model.frames import CHANGES, frame
from rolesync.model.keys import format_roles
from rolesync.model.plans import Plan, RoleCount
from rolesync.model.reasons import Reason
from rolesync.model.vocabulary import Action
from tests.report.samples import ADDED, columns, make_plan

NARROW = {"viewport": {"width": 320, "height": 700}}
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "narrow": NARROW}
HUGE_ID = 2**63 - 1


def school() -> Plan:
    """Removals of two roles for three reasons, and additions; one person loses two roles, one gets one for another."""
    teacher = format_roles(["Admin", "Teacher"])
    rows = [
        ADDED,
        (7, "grace@example.edu", "Grace Hopper", Action.REMOVE, "Admin", Reason.NOT_LISTED, 0, format_roles(["Admin"])),
        (9, "", "أمين الدين", Action.REMOVE, "Admin", Reason.NO_EMAIL, 0, teacher),
        (9, "", "أمين الدين", Action.REMOVE, "Teacher", Reason.NO_EMAIL, 0, teacher),
        (HUGE_ID, "alan@example.edu", "alan Turing", Action.REMOVE, "Admin", Reason.LISTED_WITHOUT_ROLE, 12, teacher),
        (HUGE_ID, "alan@example.edu", "alan Turing", Action.ADD, "Owner", Reason.LISTED, 3, teacher),
    ]
    plan = make_plan()
    counts = (RoleCount("Admin", 10, 1, 3), RoleCount("Teacher", 4, 0, 1), RoleCount("Owner", 1, 1, 0))
    policy = replace(plan.policy, managed_roles=tuple(count.role for count in counts))
    return replace(plan, policy=policy, roles=counts, changes=frame(CHANGES, columns(CHANGES, rows)))


def rows(page: Page, key: str = "changes") -> Locator:
    return page.locator(f"section[data-table={key}] tbody > tr:not(.details, .group)")


def people(page: Page) -> list[str]:
    return [text.partition("\n")[0].strip() for text in rows(page).locator("th").all_inner_texts()]


def status(page: Page, key: str = "changes") -> str:
    return page.locator(f"section[data-table={key}] [role=status]").inner_text()
