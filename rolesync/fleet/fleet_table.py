"""The table `[fleet]` of a fleet file: what counts for the fleet as a whole."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rolesync.configuration.values import check_metrics_file, check_metrics_push
from rolesync.notify.table import NotifyTable

ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""Names of fleets, groups and accounts; they become names of files and folders."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, strict=False)]
Tags = Annotated[tuple[str, ...], Field(strict=False)]


class Stop(_Table):
    """When the fleet stops: the maximum share and number of failed accounts, and of removals in all.

    At most `max_absent_share` of a list's assignments may name users who are not in Studio, and a list must keep at
    least `min_kept_share` of the holders. Any other list counts as the list of another account. The share counts from
    `after` ended accounts on. `strict` begins an account only if the limits hold even if all accounts under way fail.
    """

    failed_share: Share = 0.2
    failed_count: Count | None = None
    after: Annotated[int, Field(ge=1)] = 5
    max_removals: Count | None = None
    max_absent_share: Share = 0.5
    min_kept_share: Share = 0.5
    strict: bool = False


class Stage(_Table):
    """Accounts that come before the others: those with one of the `tags`.

    The fleet stops if more than `max_failed` of them fail. `soak` are the seconds to wait after them.
    """

    tags: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    max_failed: Count = 0
    soak: Seconds = 0.0


class FleetTable(_Table):
    """The `[fleet]` table.

    `requests_per_second` is the limit for all accounts together, `deadline` the seconds for one account. `state_dir` is
    the folder of the records; the fleet's journal is below it. `notify`, `metrics_file` and `metrics_push` are as the
    settings of these names, for the fleet as a whole.
    """

    name: Annotated[str, Field(pattern=f"^{ACCOUNT_NAME.pattern}$")]
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    requests_per_second: Annotated[float, Field(gt=0, strict=False)] | None = None
    deadline: Annotated[float, Field(gt=0, strict=False)] = 3600.0
    state_dir: str = ""
    stop: Stop = Stop()
    stages: Annotated[tuple[Stage, ...], Field(strict=False)] = ()
    notify: Annotated[tuple[NotifyTable, ...], Field(strict=False)] = ()
    metrics_file: Annotated[Path | None, Field(strict=False), AfterValidator(check_metrics_file)] = None
    metrics_push: Annotated[str, AfterValidator(check_metrics_push)] = ""
