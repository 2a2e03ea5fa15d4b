"""The values of a plan file: each wrong one is refused with its place, even under fitting seals."""

import pytest

from rolesync.errors import Exit, PlanRefusedError
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from tests.planner.samples import IMPACTED, TEXT, resealed
from tests.strategies import BIGGEST_ID


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"rolesync_plan": 1', '"rolesync_plan": 2', "format version 2, but this rolesync reads only 1"),
        ('"rolesync_plan": 1', '"rolesync_plan": true', "format version true"),
        ('"rolesync_plan": 1', '"plan": 1', "no key rolesync_plan"),
        ('"account": "', '"acount": "', "lacks the key 'account' and has the unknown key 'acount' in its top level"),
        ('"rows": 7', '"rows": 7, "more": 1', "has the unknown key 'more' in source"),
        ('"rows": 7', '"rows": 7.0', "7.0 as rows in source"),
        (
            '"modified_at": "2026',
            '"modified_at": "year 2026',
            "modified_at in source, which should be a valid date",
        ),
        ('01:00:00Z"', '01:00:00"', "as modified_at in source, which should have timezone info"),
        ('"listed": {"Admin": 5', '"listed": {"Admin": "5"', '"5" as Admin in source.listed'),
        (
            '"hold_removals": false',
            '"hold_removals": 0',
            "hold_removals in policy, which should be a valid bool",
        ),
        ('"chunk_size": 50', '"chunk_size": true', "true as chunk_size in policy, which should be a valid integer"),
        ('"mode": "sync"', '"mode": "both"', "\"both\" as mode in policy, which should be 'sync' or 'additive'"),
        ('["Admin", "Teacher"]', '["Admin", 7]', r"7 as managed_roles\[1\] in policy, which should be a valid string"),
        (
            '"max_removals_share": 0.5',
            '"max_removals_share": NaN',
            "NaN as max_removals_share",
        ),
        (
            '"max_removals_share": 0.5',
            '"max_removals_share": 1e999',
            "Infinity as max_removals_share in policy",
        ),
        (f'"user_id": {BIGGEST_ID}', f'"user_id": {BIGGEST_ID + 1}', r"as user_id in changes\[0\]"),
        ('"user_id": 2,', '"user_id": "2",', r"\"2\" as user_id in changes\[1\]"),
        (
            '"user_id": 2,',
            '"user_id": -2,',
            r"-2 as user_id in changes\[1\], .*greater than or equal to 0",
        ),
        ('"user_id": 2,', '"user_id": null,', r"null as user_id in changes\[1\]"),
        ('"action": "remove"', '"action": "delete"', r"\"delete\" as action in changes\[1\]"),
        ('"action": "remove"', '"action": ["remove"]', r"as action in changes\[1\]"),
        ('"reason": "no_email"', '"reason": "whim"', r"\"whim\" as reason in changes\[1\]"),
        ('"before": ["Observer"]', '"before": [["Observer"]]', r"as before\[0\] in changes\[0\]"),
        ('"reason": "not_in_studio"', '"reason": "listed"', r"\"listed\" as reason in held\[0\]"),
        ('"level": "info"', '"level": "fatal"', r"\"fatal\" as level in findings\[1\]"),
        ('"by_kind": {"search": 4', '"by_kind": {"search": "4"', '"4" as search in requests.by_kind'),
        ('"how": "scan"', '"how": "luck"', r"\"luck\" as how in requests.ways\[1\]"),
        ('"of": 9', '"of": -9', r"-9 as of in requests.ways\[1\]"),
        (', "of": 9', "", r"lacks the key 'of' in requests.ways\[1\]"),
        (
            '"created_at": "2026',
            '"created_at": "year 2026',
            "created_at in its top level, .* valid date",
        ),
        ("02:30:00Z", "02:30:00", "as created_at in its top level, which should have timezone info"),
        ("2026-03-01T02:30:00Z", "0001-01-01T00:00:00+14:00", "as created_at in its top level, which should be in UTC"),
        ('"findings": [\n{', '"findings": [\n7,\n{', r"7 as findings\[0\] in its top level, which should be an object"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_even_with_a_fitting_checksum(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(PlanRefusedError, match=message) as caught:
        from_json(resealed(TEXT.replace(old, new, 1)))
    assert "make a new plan" in caught.value.hint
    is_other_file = "no key rolesync_plan" in message
    assert caught.value.exit_code is (Exit.INPUT_REFUSED if is_other_file else Exit.BLOCKED)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"known": "nothing"', '"known": "little"', r"\"little\" as known in impact\[1\]"),
        ('"known": "nothing", "owned": null', '"known": "nothing", "owned": 0', "not written as rolesync writes"),
        ('"reachable": 3', '"reachable": -3', r"-3 as reachable in impact\[0\]"),
        ('"last_viewed": "2025-02-01T08:00:00Z"', '"last_viewed": null', r"null as last_viewed in impact\[0\]"),
        ('"last_viewed": "2025-02-01T08:00:00Z"', '"last_viewed": ""', "not written as rolesync writes"),
        ('"impact": [', '"impact": 7, "x": [', "7 as impact in its top level, which should be a valid array"),
    ],
)
def test_a_changed_impact_is_refused(old: str, new: str, message: str) -> None:
    text = to_json(IMPACTED)
    assert old in text
    with pytest.raises(PlanRefusedError, match=message):
        from_json(resealed(text.replace(old, new, 1)))
