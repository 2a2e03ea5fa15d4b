import pytest

from rolesync.model.explanation import Explanation, ListedRow, PersonNow
from rolesync.model.verification import FirstBadRecord, Verification


@pytest.mark.parametrize(
    ("verification", "whole"),
    [
        (Verification(3, None, "", ()), True),
        (Verification(3, None, "", ("a crash left something",)), True),
        (Verification(3, None, "", (), unchecked=2), True),
        (Verification(3, None, "the head names 4", ()), False),
        (Verification(2, FirstBadRecord(3, 3, "changed"), "", ()), False),
    ],
)
def test_a_record_is_whole_only_without_a_bad_place_and_with_its_head(
    verification: Verification, *, whole: bool
) -> None:
    assert verification.ok is whole


def test_somebody_is_known_by_record_list_or_studio() -> None:
    assert not Explanation("ada@x.edu", source=None, now=()).known
    assert Explanation("ada@x.edu", rows=(ListedRow(2, "Admin", "ada@x.edu", 0),)).known
    assert Explanation("ada@x.edu", now=(PersonNow(1, "ada@x.edu", "Ada", ()),)).known
