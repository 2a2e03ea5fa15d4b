"""What flows between the rooms: frames for the many, frozen dataclasses for the few.

A frame is described by a `Columns` mapping from column name to dtype; `frame()` makes one and `require()` checks one
at a room's door. In all frames `""` stands for text that is not given and `0` for an id or row that is not given, so
that no column needs a nullable dtype. `row` counts the rows of the source file as a spreadsheet shows them: the header
is row 1.

Role sets travel as one category per distinct set, spelled as a JSON array of sorted names (`role_set`), because a
million people share a handful of sets.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import pandas as pd

from rolesync.errors import Exit

Columns = Mapping[str, str]

DESIRED: Columns = {
    "row": "int64",  # source row
    "email": "str",  # normalised by `email_key`; "" where only an id is given
    "user_id": "int64",  # 0 where only an address is given
    "role": "category",
}
"""What the list asks for: one row per (person, role), in the order of the file, without duplicates."""

LIVE: Columns = {
    "user_id": "int64",  # unique
    "email": "str",  # as Studio spells it; "" where Studio has none
    "name": "str",
    "roles": "category",  # `role_set` of role_names
}
"""People as Studio shows them: every holder of a managed role, and whoever of the list was found besides."""

CHANGES: Columns = {
    "user_id": "int64",
    "email": "str",  # as Studio spells it
    "name": "str",
    "action": "category",  # `Action`
    "role": "category",
    "reason": "category",  # `Reason`
    "row": "int64",  # the row that asks for it, or that names the person; 0 for people the list doesn't name
    "before": "category",  # `role_set` when the plan was made
}
"""What has to change, one row per (person, role), in the order in which it is sent."""

HELD: Columns = {
    "row": "int64",
    "email": "str",
    "user_id": "int64",
    "role": "category",
    "action": "category",  # what would have been done
    "reason": "category",  # `HeldReason`
    "detail": "str",  # a sentence for people
}
"""What is known but not done, each with its reason."""

DRIFT: Columns = {
    "user_id": "int64",
    "email": "str",  # as Studio spells it, or did
    "role": "category",
    "action": "category",  # `Action`: what somebody else did
}
"""What was changed outside rolesync, by role and user."""

IMPACT: Columns = {
    "user_id": "int64",  # unique
    "known": "category",  # `Known`
    "owned": "int64",  # media that are this person's own
    "reachable": "int64",  # all media that they can open, their own among them
    "size": "int64",  # bytes of their own
    "duration": "int64",  # seconds of their own
    "newest": "str",  # when the newest of their own was made, ISO 8601 in UTC; "" where Studio says no time
    "note": "str",  # why not all is known; "" where it is
}
"""What people have in Studio who lose a role; of somebody of whom nothing is known, all numbers are 0."""

OUTCOMES: Columns = {
    **CHANGES,
    "outcome": "category",  # `OutcomeStatus`
    "after": "category",  # `role_set` as last seen; "" where it was not seen
    "detail": "str",
}
"""What became of each change of a plan, in the plan's order."""


def frame(columns: Columns, data: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Make a frame of exactly these columns and dtypes; without `data`, an empty one.

    Raises:
        KeyError: a column is missing in `data`.
    """
    if data is None:
        data = {name: [] for name in columns}
    series = {name: pd.Series(data[name], dtype=_dtype(kind)) for name, kind in columns.items()}
    return pd.DataFrame(series, copy=False)


def require(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return `table` if it has exactly these columns and dtypes.

    Raises:
        TypeError: a column is missing, surplus, or of another dtype: a defect in the calling room.
    """
    found = {str(name): dtype for name, dtype in table.dtypes.items()}
    wrong = [name for name, kind in columns.items() if not _same(found.get(name), kind)]
    if wrong or set(found) != set(columns):
        raise TypeError(f"columns {wrong or sorted(set(found) ^ set(columns))} don't fit {dict(columns)}")
    return table


def _dtype(kind: str) -> Any:  # noqa: ANN401  # pandas' own union of dtypes is not public
    return pd.CategoricalDtype() if kind == "category" else kind


def _same(dtype: object, kind: str) -> bool:
    return isinstance(dtype, pd.CategoricalDtype) if kind == "category" else dtype == kind


def email_key(address: str) -> str:
    """The one spelling under which two addresses are the same: trimmed, NFC, case-folded letter by letter.

    Full case folding would make `strauß` and `strauss` one, who are two people.
    """
    if address.isascii():
        return address.strip().lower()
    folded = "".join(map(_fold, unicodedata.normalize("NFC", address.strip())))
    return unicodedata.normalize("NFC", folded)


def _fold(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def role_set(names: Iterable[str]) -> str:
    """Spell a set of role names as a JSON array of the sorted distinct names."""
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def role_names(spelled: str) -> list[str]:
    """Read a `role_set` back; an empty text is an empty set."""
    names: list[str] = json.loads(spelled) if spelled else []
    return names


class Mode(StrEnum):
    """Whether holders that the list doesn't name lose their managed roles."""

    SYNC = "sync"
    ADDITIVE = "additive"


class Action(StrEnum):
    """The API's two verbs."""

    ADD = "add"
    REMOVE = "remove"


class Reason(StrEnum):
    """Why a change is planned."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"
    LISTED_WITHOUT_ROLE = "listed_without_role"
    NO_EMAIL = "no_email"
    UNDO = "undo"


REASONS: Mapping[str, str] = {
    Reason.LISTED: "the list gives the role, Studio doesn't yet",
    Reason.NOT_LISTED: "the list doesn't name this person",
    Reason.LISTED_WITHOUT_ROLE: "the list names this person, but not for this role",
    Reason.NO_EMAIL: "the list doesn't name this person, who has no e-mail in Studio and can only be named by user_id",
    Reason.UNDO: "takes back what an earlier run did",
}


class Known(StrEnum):
    """How much is known of what somebody has: all of it, a part so that the numbers are at least these, or nothing."""

    ALL = "all"
    AT_LEAST = "at_least"
    NOTHING = "nothing"


class HeldReason(StrEnum):
    """Why something known is not done."""

    NOT_IN_STUDIO = "not_in_studio"
    AMBIGUOUS = "ambiguous"
    IDENTITY_MISMATCH = "identity_mismatch"
    ALREADY = "already"
    REMOVALS_HELD = "removals_held"
    GRACE = "grace"
    EXCLUDED = "excluded"


WAITING = frozenset({HeldReason.REMOVALS_HELD.value, HeldReason.GRACE.value})
"""Why a removal waits of which the list is clear: only its time hasn't come."""


class Level(StrEnum):
    """How much a finding weighs.

    An error refuses the list. Where bad rows may be held, the error of a row is `held` instead: nothing comes of the
    row, and nobody loses a role. A warning is worth a look, info is for the record.
    """

    ERROR = "error"
    HELD = "held"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the reader noticed, at one place of the file.

    `row` is None for the file as a whole, `column` is the header's text as the file spells it, None for a whole row.
    """

    level: Level
    code: str
    message: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a list was read from, or the run that is taken back.

    `rows` counts the data rows that are not blank, `listed` the assignments of each managed role. `modified_at` is when
    the file was last changed, with time zone; None where nobody knows. Where there is no list, `undoes` is the id of
    the run, `path` says so in words, and `sha256` is the hash of its last record.
    """

    path: str
    sha256: str
    rows: int
    modified_at: datetime | None = None
    listed: Mapping[str, int] = field(default_factory=dict)
    undoes: str = ""


@dataclass(frozen=True, eq=False)
class Desired:
    """What the list says: `assignments` (DESIRED), with everything noticed on the way.

    `withheld` (DESIRED) are roles that rows name and don't give today: they say so, or it isn't the time. Whoever
    stands there is named by the list all the same.
    """

    assignments: pd.DataFrame
    findings: tuple[Finding, ...]
    source: Source
    withheld: pd.DataFrame = field(default_factory=lambda: frame(DESIRED))

    @property
    def status(self) -> Literal["ok", "warn", "reject"]:
        """`reject` with any error, else `warn` with any warning or held row, else `ok`."""
        levels = {finding.level for finding in self.findings}
        if Level.ERROR in levels:
            return "reject"
        return "warn" if levels & {Level.WARNING, Level.HELD} else "ok"

    @property
    def unread(self) -> bool:
        """Whether rows are held because they can't be read, so that nobody is known not to be listed."""
        return any(finding.level is Level.HELD for finding in self.findings)


class WayKind(StrEnum):
    """What was read and how: a role's holders, in full; people on a role's pages, or by a request each; media."""

    HOLDERS = "holders"
    SCAN = "scan"
    ONE_BY_ONE = "one_by_one"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a read has taken: how many requests it took `of` how many there would be, and whom it gave.

    `role` is "" where people were asked for one by one. `people` are a role's holders; else those of the list who were
    still to be found, and of whom it found somebody; or those whose media were read.
    """

    how: WayKind
    role: str
    requests: int
    of: int
    people: int


@dataclass(frozen=True, slots=True)
class Requests:
    """How many HTTP requests were made, by kind, each retry counted; the ways taken, and the fewest possible.

    `ways` has no request that was made again. `fewest` is what somebody needs who knows beforehand how many pages each
    role has and who holds it: the managed roles in full, and for the others of the list the best choice of roles to
    read and people to ask for one by one, unless the way taken was shorter still. Of roles that were never opened
    nobody knows it, so that they don't count. It is 0 where no such number was reckoned.
    """

    by_kind: Mapping[str, int]
    fewest: int = 0
    ways: tuple[Way, ...] = ()

    @property
    def total(self) -> int:
        """All requests of all kinds."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, eq=False)
class Live:
    """What Studio says: `users` (LIVE), complete for the holders of `roles` and for the people asked for."""

    users: pd.DataFrame
    roles: tuple[str, ...]
    requests: Requests = field(default_factory=lambda: Requests({}))

    def holders(self, role: str) -> pd.DataFrame:
        """Return the users (LIVE) who hold `role`."""
        sets = self.users["roles"]
        return self.users[sets.isin([spelled for spelled in sets.cat.categories if role in role_names(spelled)])]


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be touched and how far: the settings that a plan is bound to.

    `max_removals_share` is a share of a role's holders, `max_shrink_share` one of the assignments in the list last
    applied, both from 0 to 1; `max_age_hours` is None for a list of any age; `grace_runs` says in how many earlier runs
    in a row somebody must have been absent from the list, `repeat_runs` after how many runs in a row a change that is
    planned again is pointed out, 0 for never. `owner` and `protected_users` are addresses or ids.
    """

    managed_roles: tuple[str, ...] = ("Admin",)
    mode: Mode = Mode.SYNC
    chunk_size: int = 50
    owner: str = ""
    protected_users: tuple[str, ...] = ()
    max_removals_share: float = 0.25
    max_removals: int = 50
    min_holders: int = 1
    max_shrink_share: float = 0.5
    max_age_hours: float | None = None
    hold_removals: bool = False
    grace_runs: int = 0
    repeat_runs: int = 3


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a list is written, as far as somebody has said it; empty or 0 where the file itself is to tell.

    `sheet` is a sheet's name, or its number from 1; `header_row` the row of the header as a spreadsheet counts it. The
    columns are named by their headers. `role_aliases` are other names in the list, each with the role it stands for.
    `hold_bad_rows` tells that rows that can't be read are to be held, rather than refuse the list.
    """

    sheet: str = ""
    header_row: int = 0
    email_column: str = ""
    user_id_column: str = ""
    role_column: str = ""
    role_aliases: Mapping[str, str] = field(default_factory=dict)
    hold_bad_rows: bool = False

    @property
    def names_columns(self) -> bool:
        """Whether somebody has said which columns are meant."""
        return bool(self.email_column or self.user_id_column or self.role_column)


AS_WRITTEN = ListForm()


class VerdictStatus(StrEnum):
    """What a guard says."""

    PASS = "pass"  # noqa: S105  # no password
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One guard's word on a plan: the rule, for which role ("" for all), its limit and the number held against it."""

    rule: str
    status: VerdictStatus
    message: str
    role: str = ""
    limit: float | None = None
    value: float | None = None
    overridable: bool = True


@dataclass(frozen=True, slots=True)
class RoleCount:
    """How many people hold a managed role before and after a plan."""

    role: str
    before: int
    additions: int
    removals: int

    @property
    def after(self) -> int:
        """The number of holders once the plan is applied."""
        return self.before + self.additions - self.removals


@dataclass(frozen=True, eq=False)
class Changes:
    """What has to change (CHANGES), what is held (HELD), and what that means per role.

    `waiting` (CHANGES) has those removals among `held` that only wait, as they would be sent.
    """

    changes: pd.DataFrame
    held: pd.DataFrame
    roles: tuple[RoleCount, ...]
    waiting: pd.DataFrame = field(default_factory=lambda: frame(CHANGES))


@dataclass(frozen=True, eq=False)
class Drift:
    """What others have changed (DRIFT) in the managed roles since the run `since`; "" where nobody knows."""

    since: str = ""
    changes: pd.DataFrame = field(default_factory=lambda: frame(DRIFT))


@dataclass(frozen=True, slots=True)
class Released:
    """A held removal that a reviewer let through, and why; the reason may be empty."""

    user_id: int
    role: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who answers for a plan, and what they saw.

    `reviewer` is the name that was given, `operator` the user who ran the review. `seen` is the plan's `effect` as the
    reviewer typed it, `made_from` the digest of the plan that was reviewed. `excluded` is how many changes were taken
    out of it; which ones, and why, stands in the plan's `held`.
    """

    reviewer: str
    operator: str
    approved_at: datetime  # with time zone
    seen: str
    made_from: str
    excluded: int = 0
    released: tuple[Released, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that would change, checked and digested; what a reviewer sees is what is applied.

    `digest` covers what would be done, to whom, under which limits and because of which list, and who has approved it;
    not when and by whom the plan was made, what others had changed before, what people have in Studio, or how many
    requests that took, so that the same situation has the same digest tomorrow. `waiting` (CHANGES) has those removals
    among `held` that a reviewer may let through, as they would be sent.
    """

    account: str  # scheme and host that the plan was made for
    created_at: datetime  # with time zone
    source: Source
    policy: Policy
    roles: tuple[RoleCount, ...]
    verdicts: tuple[Verdict, ...]
    changes: pd.DataFrame
    held: pd.DataFrame
    findings: tuple[Finding, ...]
    requests: Requests
    digest: str
    drift: Drift = field(default_factory=Drift)
    impact: pd.DataFrame | None = None  # IMPACT of everybody who loses a role, or would; None where nobody asked
    waiting: pd.DataFrame = field(default_factory=lambda: frame(CHANGES))
    made_by: str = ""  # the user who made it, as the setting `operator` says
    approval: Approval | None = None

    @property
    def effect(self) -> str:
        """What a reviewer confirms to have seen, as in `remove 12, add 40`."""
        removals = int((self.changes["action"] == Action.REMOVE.value).sum())
        return f"remove {removals}, add {len(self.changes) - removals}"

    @property
    def blocked(self) -> tuple[Verdict, ...]:
        """The verdicts that keep this plan from being applied."""
        return tuple(verdict for verdict in self.verdicts if verdict.status is VerdictStatus.BLOCK)

    @property
    def status(self) -> Literal["empty", "ready", "blocked"]:
        """`blocked` by a guard, else `empty` without changes, else `ready`."""
        if self.blocked:
            return "blocked"
        return "ready" if len(self.changes) else "empty"


class OutcomeStatus(StrEnum):
    """What became of one change; `drifted` was not sent, because the person had changed since the plan was made."""

    DONE = "done"
    FAILED = "failed"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a fresh, complete read of Studio said after a run.

    `holders` is the number of holders of each role that was looked at; `differences` are sentences, none if live
    equals the plan.
    """

    holders: Mapping[str, int]
    differences: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether live equals the plan."""
        return not self.differences


@dataclass(frozen=True, eq=False)
class Run:
    """One apply: what became of every change (OUTCOMES), and the proof.

    `drift` is what others had changed before it, `approval` that of its plan. `proof` is None where Studio could not be
    read again; `stopped` says why the run ended before its time, if it did.
    """

    run_id: str
    account: str
    plan_digest: str
    started_at: datetime
    finished_at: datetime
    outcomes: pd.DataFrame
    proof: Proof | None
    requests: Requests
    stopped: str = ""
    drift: Drift = field(default_factory=Drift)
    approval: Approval | None = None

    @property
    def complete(self) -> bool:
        """Whether every change was done and proven."""
        done = (self.outcomes["outcome"] == OutcomeStatus.DONE).all()
        return bool(done) and self.proof is not None and self.proof.proven


def counts(outcomes: pd.DataFrame) -> dict[str, int]:
    """Count OUTCOMES by status, every status named, zero included."""
    found: Sequence[str] = outcomes["outcome"].astype("str").tolist()
    return {status.value: found.count(status.value) for status in OutcomeStatus}


Progress = Callable[[str, int, int], None]
"""Something that is told how far a stage of the work has come: its name, the steps done, all its steps."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at, what to do if it isn't well, and the exit code that this deserves."""

    name: str
    status: VerdictStatus
    message: str
    hint: str = ""
    exit_code: Exit = Exit.DONE
