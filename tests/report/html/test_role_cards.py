import re
from dataclasses import replace

import pytest

from rolesync.model.plans import Plan, RoleCount
from rolesync.report.html.role_cards import PICTURE
from tests.report.html.test_page import Page
from tests.report.samples import make_plan


@pytest.mark.parametrize(
    ("role", "lengths"),
    [
        (RoleCount("Admin", 10, 1, 2), {"kept": 800, "removed": 200, "added": 100}),
        (RoleCount("Admin", 0, 4, 0), {"kept": 0, "removed": 0, "added": 1000}),
        (RoleCount("Admin", 4, 0, 4), {"kept": 0, "removed": 1000, "added": 0}),
        (RoleCount("Admin", 0, 0, 0), {"kept": 0, "removed": 0, "added": 0}),
        (RoleCount("Admin", 30_005, 0, 30_000), {"kept": 6, "removed": 994, "added": 0}),
        (RoleCount("Admin", 100_000, 0, 1), {"kept": 994, "removed": 6, "added": 0}),
    ],
)
def test_a_roles_picture_has_its_parts_to_scale_but_none_is_lost(role: RoleCount, lengths: dict[str, int]) -> None:
    bars = [dict(attrs) for attrs in _bars_of(replace(make_plan(), roles=(role,)))]
    widths = {str(bar["class"]): int(bar["width"] or 0) for bar in bars}
    assert widths == lengths
    assert max(widths["kept"] + widths["removed"], widths["kept"] + widths["added"]) <= PICTURE


def _bars_of(plan: Plan) -> list[list[tuple[str, str | None]]]:
    page = Page(plan)
    rects = re.findall(r'<rect class="(\w+)"(?: [xy]="\d+")* width="(\d+)" height="17"', page.source)
    return [[("class", name), ("width", width)] for name, width in rects]
