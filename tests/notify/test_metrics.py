"""Metrics that Prometheus' own parser and promtool accept."""

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rolesync.model.fleet import AccountStatus
from rolesync.model.runs import RoleChanges
from rolesync.notify.ending import EndStatus
from rolesync.notify.metrics import METRICS, Measured, format_metrics
from tests.notify.tools import NOW, ending

PROMTOOL = shutil.which("promtool") or ""
RUN = ending(
    EndStatus.CHANGED,
    changes=(RoleChanges("Admin", 4, 2, 4, 2), RoleChanges('A "quoted"\\role', 1, 0, 1, 0)),
    drift=1,
    requests=25,
    retries=3,
    list_age=3600.5,
)
FLEET = ending(
    account="", fleet="district", accounts={AccountStatus.DONE: 2, AccountStatus.BLOCKED: 1}, held=None, drift=None
)
ACCOUNT = ending(account="north", fleet="district", changes=(RoleChanges("", 1, 2, None, None),), requests=None)
KNOWN = ending(account="south", fleet="district", changes=RUN.changes, drift=1, requests=25, retries=3, list_age=9.0)


def samples(*measured: Measured) -> dict[tuple[str, ...], float]:
    """Parse metrics: name and the values of its labels, in the order of the labels' names."""
    families = list(text_string_to_metric_families(format_metrics(measured)))
    assert all(family.type == "gauge" and family.documentation == METRICS[family.name] for family in families)
    all_samples = [sample for family in families for sample in family.samples]
    assert all(sample.timestamp is None for sample in all_samples)
    return {(each.name, *(text for _, text in sorted(each.labels.items()))): each.value for each in all_samples}


def test_a_run_has_its_numbers_by_action_and_role() -> None:
    host, prefix = "example.instructuremedia.com", "rolesync_last_run"
    changes: dict[tuple[str, ...], float] = {
        (f"{prefix}_{kind}_changes", host, action, role): number
        for kind in ("planned", "done")
        for action, role, number in (
            ("add", "Admin", 4),
            ("remove", "Admin", 2),
            ("add", 'A "quoted"\\role', 1),
            ("remove", 'A "quoted"\\role', 0),
        )
    }
    assert samples(Measured(RUN, failed_notifications=1)) == {
        **changes,
        (f"{prefix}_timestamp_seconds", host): NOW.timestamp(),
        ("rolesync_last_success_timestamp_seconds", host): NOW.timestamp(),
        (f"{prefix}_exit_code", host): 0,
        (f"{prefix}_duration_seconds", host): 0,
        (f"{prefix}_held_changes", host): 3,
        (f"{prefix}_drifted_changes", host): 1,
        (f"{prefix}_requests", host): 25,
        (f"{prefix}_retries", host): 3,
        (f"{prefix}_failed_notifications", host): 1,
        ("rolesync_list_age_seconds", host): 3600.5,
    }


def test_the_last_success_is_kept_over_failures() -> None:
    host = "example.instructuremedia.com"
    name = "rolesync_last_success_timestamp_seconds"
    assert samples(Measured(ending(), "2026-03-01T02:15:00+00:00"))[name, host] == NOW.timestamp() - 86_400
    assert not {key for key in samples(Measured(ending(), "")) if key[0] == name}
    assert samples(Measured(ending()))["rolesync_last_run_blocking_guard", host, "max_removals"] == 1


def test_a_fleet_has_its_accounts_and_theirs_are_apart() -> None:
    parsed = samples(Measured(FLEET), Measured(ACCOUNT, failed_notifications=None))
    assert parsed["rolesync_fleet_accounts", "district", "done"] == 2
    assert parsed["rolesync_last_run_exit_code", "district"] == 4
    assert parsed["rolesync_last_run_exit_code", "north", "district"] == 4
    assert parsed["rolesync_last_run_planned_changes", "north", "remove", "district"] == 2
    unknown = {"rolesync_last_run_done_changes", "rolesync_last_run_requests"}
    assert not {key for key in parsed if key[0] in unknown and "north" in key}
    assert not {key for key in parsed if key[0] == "rolesync_last_run_planned_changes" and "north" not in key}


def test_no_run_has_no_metrics() -> None:
    assert format_metrics([]) == ""


@pytest.mark.skipif(not PROMTOOL, reason="needs promtool, which .ci/run installs")
def test_promtool_accepts_the_metrics() -> None:
    accounts = (Measured(ACCOUNT, "", None), Measured(KNOWN, "", None))
    text = format_metrics([Measured(RUN, failed_notifications=1), Measured(FLEET), *accounts])
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
