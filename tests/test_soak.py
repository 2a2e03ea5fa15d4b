"""Random lists, servers, faults, lags, kills and hands: after each step the promises hold.

Nothing but the managed roles moves, nobody who is protected loses one, the record says what Studio's own log says,
action for action, and whatever says that it is complete is. `make soak` runs this long, `make test` briefly.

Time is virtual: every wait moves the clock that rolesync, its killed processes and the sandbox share.
"""

import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from rolesync.audit.verify import verify_record
from rolesync.errors import PlanRefusedError, StudioError, UnsettledRunError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS
from rolesync.history.events import HoldersSaved, Intent, RunStart
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests, sent_actions
from rolesync.model.keys import email_key
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.killing import apply_until, virtual_time

PEOPLE = 24
LONGEST_LAG = 30  # seconds
DROPPED = "Subaccount admin"  # what a server with exclusive admins takes by itself

servers = st.builds(
    Options,
    users=st.just(PEOPLE),
    batches=st.sampled_from(["atomic", "partial"]),
    max_actions=st.sampled_from([None, 3, 7]),
    max_actions_status=st.sampled_from([413, 422]),
    redundant=st.sampled_from(["accepted", "refused"]),
    email_match=st.sampled_from(["exact", "prefix", "contains"]),
    email_case=st.sampled_from(["insensitive", "sensitive"]),
    empty_last_page=st.sampled_from([0, 1]),
    exclusive_admin=st.booleans(),
)
shares = st.sampled_from(
    [
        "429=0.1,403=0.05,500=0.05,503=0.02,reset=0.05,lost=0.05,lost5xx=0.05,cut=0.05,html=0.05,html200=0.02",
        "lost=0.4,on=writes",
        "cut=0.5,on=writes",
        "lost5xx=0.3,500=0.3,on=writes",
        "503=1,after=6",
        "reset=1,after=4",
        "html200=1,on=writes",
        "applied-201=0.1,applied-202=0.1,applied-204=0.1,applied-301=0.1,applied-307=0.1,on=writes",
        "applied-308=0.1,applied-408=0.1,applied-409=0.1,applied-425=0.1,applied-499=0.1,500=0.1,on=writes",
        "applied-204=1,on=writes",
        "404-route=0.1",
        "404-route=1,on=writes",
        "nobody=1",
        "totals=3",
        "totals=20,lost=0.2",
    ]
)
lags = st.just("") | st.builds(
    "lag={},lag-share={},lag-answers={}".format,
    st.floats(0, LONGEST_LAG),
    st.sampled_from([1, 0.5, 0.2]),
    st.sampled_from([0, 0, 0.5, 1]),
)
faults = st.builds(
    lambda *parts: ",".join(filter(None, parts)),
    st.just("") | st.builds("{},seed={}".format, shares, st.integers(0, 99)),
    lags,
)
policies = st.fixed_dictionaries(
    {
        "managed_roles": st.sampled_from([("Admin",), ("Admin", "Teacher"), ("Teacher", "Observer")]),
        "chunk_size": st.sampled_from([1, 4, 50]),
        "write_concurrency": st.sampled_from([1, 3]),
        "mode": st.sampled_from(["sync", "additive"]),
        "grace_runs": st.sampled_from([0, 0, 2]),
    }
)
lists = st.dictionaries(st.integers(0, PEOPLE - 1), st.sets(st.integers(0, 1), min_size=1), max_size=PEOPLE)
"""Who is to have which of the managed roles: places among the people, and in the tuple of roles."""


class Account(RuleBasedStateMachine):
    """One account, what rolesync keeps of it, and all that may happen to both."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="rolesync-soak-"))
        self.stack.callback(shutil.rmtree, self.folder)
        self.plan: Plan | None = None
        self.runs: list[str] = []
        self.listed: set[tuple[int, str]] = set()
        self.mingled: set[int] = set()  # changed by hand while it was not known what a request had done to them
        self.snapshots = 0
        self.seen: dict[str, set[int]] = {}
        self.seen_log = 0

    def teardown(self) -> None:
        self.stack.close()

    @initialize(options=servers, protected=st.sets(st.integers(0, PEOPLE - 1), max_size=2), policy=policies)
    def begin(self, options: Options, protected: set[int], policy: dict[str, Any]) -> None:
        self.clock = virtual_time()
        self.studio = self.stack.enter_context(Sandbox(options, clock=self.clock.time))
        self.roles: tuple[str, ...] = policy["managed_roles"]
        self.ids = sorted(person["id"] for person in self.studio.people())
        self.protected = {self.ids[at] for at in protected}
        self.exclusive = options.exclusive_admin
        self.account_settings: dict[str, Any] = {
            "base_url": self.studio.base_url,
            "token": self.studio.token,
            "state_dir": self.folder / "state",
            **policy,
            "protected_users": [str(user_id) for user_id in self.protected],
            "max_removals_share": 1,
            "max_shrink_share": 1,
            "min_holders": 0,
            "retry_seconds": 1e6,
        }

    def context(self, **more: Any) -> Context:
        return self.clock.context(self.account_settings, **more)

    def write(self, wanted: dict[int, set[int]]) -> Path:
        """Write a list that names every other person by address, where that names exactly one."""
        people = {person["id"]: person.get("email") or "" for person in self.studio.people()}
        times = Counter(map(email_key, people.values()))
        self.listed = {
            (self.ids[at], self.roles[place % len(self.roles)]) for at, places in wanted.items() for place in places
        }
        self.listed = self.listed or {(self.ids[0], self.roles[0])}
        lines = ["email,user_id,role\n"]
        for user_id, role in sorted(self.listed):
            email = people[user_id]
            usable = user_id % 2 and "@" in email and times[email_key(email)] == 1
            lines.append(f"{email},,{role}\n" if usable else f",{user_id},{role}\n")
        path = self.folder / "list.csv"
        path.write_text("".join(lines), encoding="utf-8")
        return path

    # What rolesync does

    @rule(wanted=lists, fault=faults)
    def sync(self, wanted: dict[int, set[int]], fault: str) -> None:
        context, path, log = self.context(), self.write(wanted), self.studio.log()
        self.studio.set_faults(fault)
        try:
            done = sync_list(read_list(path, context), context)
        except StudioError:
            done = None
        self.studio.set_faults("")
        if done:
            self.check_drift(done.plan, log)
            if done.run:
                self.check_run(done.plan, done.run)
            if not len(done.plan.held) and not done.refusal and (done.run is None or done.run.complete):
                self.check_list()
        self.check()

    @rule(wanted=lists, lag=lags)
    def make_plan(self, wanted: dict[int, set[int]], lag: str) -> None:
        context = self.context()
        self.studio.set_faults(lag)
        plan = plan_list(read_list(self.write(wanted), context), context)
        self.studio.set_faults("")
        self.check_drift(plan, self.studio.log())
        self.plan = from_json(to_json(plan))
        (self.folder / "list.csv").unlink()  # a plan that travels without its list is bound by its digest alone
        self.check()

    @precondition(lambda self: self.plan is not None)
    @rule(fault=faults)
    def apply(self, fault: str) -> None:
        assert self.plan is not None
        self.studio.set_faults(fault)
        with suppress(StudioError, PlanRefusedError):
            self.check_run(self.plan, apply_plan(self.plan, self.context()))
        self.studio.set_faults("")
        self.check()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 99), lag=lags)
    def undo(self, which: int, lag: str) -> None:
        context = self.context()
        self.studio.set_faults(lag)
        with suppress(UnsettledRunError):
            self.plan = plan_undo(self.runs[which % len(self.runs)], context)
        self.studio.set_faults("")
        self.check()

    # What happens to it

    @precondition(lambda self: self.plan is not None and self.plan.status == "ready")
    @rule(step=st.integers(1, 20_000), lag=lags)
    def kill(self, step: int, lag: str) -> None:
        assert self.plan is not None
        path = self.folder / "plan.json"
        path.write_text(to_json(self.plan), encoding="ascii")
        self.studio.set_faults(lag)
        apply_until(path, self.account_settings, step, clock=self.clock)
        self.studio.set_faults("")
        self.check()

    @precondition(lambda self: self.plan is not None)
    @rule(turn=st.integers(1, 12), lag=lags)
    def interrupt(self, turn: int, lag: str) -> None:
        assert self.plan is not None
        turns = iter(range(1, turn))

        def stop(_stage: str, _done: int, _total: int) -> None:
            if next(turns, None) is None:
                raise KeyboardInterrupt

        self.studio.set_faults(lag)
        with suppress(KeyboardInterrupt, PlanRefusedError):
            apply_plan(self.plan, self.context(progress=stop))
        self.studio.set_faults("")
        self.check()

    @rule(at=st.integers(0, PEOPLE - 1), roles=st.sets(st.sampled_from(["Admin", "Teacher", "Student", DROPPED])))
    def somebody_changes_roles(self, at: int, roles: set[str]) -> None:
        events = read_events(load(**self.account_settings).account_dir, EVENTS)
        if any(self.ids[at] in request.user_ids for request in open_requests(events)):
            self.mingled.add(self.ids[at])
        self.studio.edit_person(self.ids[at], roles=sorted(roles))
        self.wait_until_shown()

    @rule(at=st.integers(0, PEOPLE - 1), number=st.integers(1, 3))
    def somebody_changes_address(self, at: int, number: int) -> None:
        self.studio.edit_person(self.ids[at], email=f"Person{at}.{number}@example.edu")
        self.wait_until_shown()

    def wait_until_shown(self) -> None:
        """Let time pass until reads show what was done by hand: nobody can know of it before.

        It is less than `settle_seconds`, so that the last run's changes are still recent.
        """
        self.clock.sleep(LONGEST_LAG + 1)

    # What must be so

    def holders(self) -> dict[str, set[int]]:
        people = self.studio.people()
        return {role: {person["id"] for person in people if role in person["role_names"]} for role in self.roles}

    def check(self) -> None:
        folder = load(**self.account_settings).account_dir
        assert verify_record(folder).ok
        events = list(read_events(folder, EVENTS))
        log = [entry for entry in self.studio.log() if entry["by"] == "api"]
        rivals = {"Admin", DROPPED} if self.exclusive else set[str]()
        for entry in log:
            before, after = set(entry["before"]), set(entry["after"])
            assert (before ^ after) - {entry["role"]} <= rivals
            # An undo gives a role back that its run cost, also one that is not managed.
            assert entry["role"] in self.roles or (entry["role"], entry["action"]) == (DROPPED, "add")
            assert entry["role"] in self.roles or self.exclusive
            assert entry["user_id"] not in self.protected or not (before - after)
        recorded = Counter((effect.user_id, effect.action.value, effect.role) for effect in effects(events))
        done = Counter((entry["user_id"], entry["action"], entry["role"]) for entry in log)
        in_doubt = {
            (action.user_id, action.action, action.role)
            for request in open_requests(events)
            for event in events
            if isinstance(event, Intent) and event.key == request.intent.key
            for action in event.actions
        }
        assert {action for action in recorded - done if action[0] not in self.mingled} == set()
        assert {action for action in done - recorded if action[0] not in self.mingled} <= in_doubt
        assert bool(in_doubt) <= bool(load_earlier_runs(folder).unsettled)
        self.runs = list(dict.fromkeys(event.run for event in events if isinstance(event, RunStart)))
        taken = sum(isinstance(event, HoldersSaved) for event in events)
        if taken > self.snapshots:
            self.snapshots, self.seen, self.seen_log = taken, self.holders(), len(self.studio.log())

    def check_run(self, plan: Plan, run: Run) -> None:
        assert len(run.outcomes) == len(plan.changes)
        roles_of = {person["id"]: person["role_names"] for person in self.studio.people()}
        columns = (run.outcomes[name].tolist() for name in ("user_id", "action", "role", "outcome"))
        for user_id, action, role, outcome in zip(*columns, strict=True):
            if outcome == "done":
                assert (role in roles_of[user_id]) == (action == "add")
        assert run.complete == (set(run.outcomes["outcome"]) <= {"done"} and bool(run.proof and run.proof.proven))

    def check_list(self) -> None:
        for role, holders in self.holders().items():
            wanted = {user_id for user_id, name in self.listed if name == role}
            assert holders >= wanted
            assert self.account_settings["mode"] == "additive" or holders == wanted

    def check_drift(self, plan: Plan, log: list[dict[str, Any]]) -> None:
        """Hold the drift that was told against Studio's log until then: what was done by hand since the snapshot."""
        if not plan.drift.since:
            return
        expected_holders = {role: set(holders) for role, holders in self.seen.items()}
        live = {role: set(holders) for role, holders in self.seen.items()}
        for entry in log[self.seen_log :]:
            for role in {*entry["before"]}.symmetric_difference(entry["after"]).intersection(self.roles):
                for holders in (live, expected_holders) if entry["by"] == "api" else (live,):
                    (holders[role].add if role in entry["after"] else holders[role].discard)(entry["user_id"])
        events = list(read_events(load(**self.account_settings).account_dir, EVENTS))
        in_doubt = {user_id for request in open_requests(events) for user_id in request.user_ids} | self.mingled
        expected = {
            (user_id, role, "add" if user_id in live[role] else "remove")
            for role in self.roles
            for user_id in (expected_holders[role] ^ live[role]) - in_doubt
        }
        table = plan.drift.changes
        reported = set(zip(*(table[name].tolist() for name in ("user_id", "role", "action")), strict=True))
        reported = {change for change in reported if change[0] not in in_doubt}
        assert reported <= expected
        # What a run sent itself is never called drift: sent in vain, it may have taken effect late.
        sent = {(effect.user_id, effect.role, effect.action.value) for effect, _ in sent_actions(events)}
        assert expected - reported <= sent


TestAccount = Account.TestCase
if settings.get_current_profile_name() != "soak":
    TestAccount.settings = settings(max_examples=12, stateful_step_count=10, deadline=None, derandomize=True)
