"""The alert rules and the dashboard ask for metrics that rolesync writes."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from rolesync.notify.metrics import METRICS
from tests.paths import ROOT

FOLDER = ROOT / "jobs" / "metrics"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
PROMTOOL = shutil.which("promtool") or ""


def metrics_in(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"rolesync_\w+", expression)}


def test_every_alert_asks_for_known_metrics_and_says_what_to_do() -> None:
    assert len(RULES) >= 6
    assert metrics_in([rule["expr"] for rule in RULES]) <= METRICS.keys()
    assert all(rule["annotations"]["summary"] and rule["annotations"]["description"] for rule in RULES)


def test_the_dashboard_shows_every_metric_but_the_time_of_the_last_run() -> None:
    dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    shown = metrics_in([target["expr"] for panel in dashboard["panels"] for target in panel["targets"]])
    assert METRICS.keys() - shown == {"rolesync_last_run_timestamp_seconds", "rolesync_last_run_planned_changes"}
    assert shown <= METRICS.keys()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@pytest.mark.skipif(not PROMTOOL, reason="needs promtool, which .ci/run installs")
def test_promtool_accepts_the_rules() -> None:
    done = subprocess.run(
        [PROMTOOL, "check", "rules", FOLDER / "alerts.yml"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, f"SUCCESS: {len(RULES)} rules found" in done.stdout) == (0, True)
