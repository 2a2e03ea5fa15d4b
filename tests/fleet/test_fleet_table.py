"""The table of the fleet: strict about types, and about what it doesn't know."""

import pytest
from pydantic import ValidationError

from rolesync.fleet.fleet_table import ACCOUNT_NAME, FleetTable


def test_whole_numbers_do_where_a_fraction_may_be() -> None:
    table = FleetTable.model_validate({"name": "district", "deadline": 60, "stop": {"failed_share": 1}})
    assert (table.deadline, table.stop.failed_share, table.workers) == (60.0, 1.0, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "District"},
        {"name": "d", "workers": 1.5},
        {"name": "d", "workers": "4"},
        {"name": "d", "stop": {"strict": 1}},
        {"name": "d", "stages": [{"tags": []}]},
        {"name": "d", "stop": {"failed_share": 1.1}},
    ],
)
def test_other_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FleetTable.model_validate(wrong)


@pytest.mark.parametrize(
    ("name", "fits"), [("north-1", True), ("-n", False), ("n_1", False), ("é", False), ("", False)]
)
def test_a_name_can_be_the_name_of_a_file_anywhere(name: str, *, fits: bool) -> None:
    assert bool(ACCOUNT_NAME.fullmatch(name)) is fits


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"notify": [{"to": "slack"}]}, "needs url_file"),
        ({"notify": [{"to": "slack", "url_file": "u", "x": 1}]}, "notify.0.x"),
        ({"metrics_file": "fleet.txt"}, "ends in .prom"),
        ({"metrics_push": "pushgateway"}, "must look like"),
    ],
)
def test_where_a_fleet_reports_is_checked(keys: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError, match=place):
        FleetTable.model_validate({"name": "district", **keys})
