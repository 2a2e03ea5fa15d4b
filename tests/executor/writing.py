"""Runs plans against a sandbox or a scripted Studio, with a real record."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rolesync.audit.record import open_record
from rolesync.executor.send_plan import Execution, execute
from rolesync.history.event_reader import EVENTS
from rolesync.history.read import read_events, read_records
from rolesync.history.request_journal import Journal
from rolesync.history.run_effects import effects, open_requests
from rolesync.model.frames import CHANGES, HELD, OUTCOMES, frame, require
from rolesync.model.keys import format_roles
from rolesync.model.lists import Source
from rolesync.model.live import Requests
from rolesync.model.plans import Changes, Plan, Policy, RoleCount
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.planner.build import make_plan
from rolesync.sandbox import Sandbox
from rolesync.studio.users import StudioWriter
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio, client_of

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
OWNER, MARIA, GREG, HANNAH, OMAR, GHOST = 1002, 1003, 1031, 1044, 1052, 15_000
DONE, FAILED, _, UNKNOWN, NOT_SENT = (status.value for status in OutcomeStatus)

PARALLEL = (1, 3)

STEPS = [(1, "add", "Admin"), (2, "add", "Admin")]
"""The changes of two users whom `studio_user` makes."""

Step = tuple[int, str, str]
StudioUser = dict[str, Any]


def plan_of(
    steps: Sequence[Step], users: Sequence[StudioUser], chunk: int = 50, managed: Sequence[str] = ("Admin",)
) -> Plan:
    """Plan these (user id, action, role), for the users as they are now."""
    known = {user["id"]: user for user in users}
    ghost = {"email": "ghost@example.edu", "full_name": "Ghost", "role_names": []}
    planned = [known.get(user_id, ghost) for user_id, _, _ in steps]
    data = {
        "user_id": [user_id for user_id, _, _ in steps],
        "email": [user.get("email") or "" for user in planned],
        "name": [user["full_name"] for user in planned],
        "action": [action for _, action, _ in steps],
        "role": [role for _, _, role in steps],
        "reason": ["listed" if action == "add" else "not_listed" for _, action, _ in steps],
        "row": range(2, len(steps) + 2),
        "before": [format_roles(user["role_names"]) for user in planned],
    }
    actions = Counter((role, action) for _, action, role in steps)
    holders = Counter(role for user in users for role in user["role_names"])
    counts = tuple(RoleCount(role, holders[role], actions[role, "add"], actions[role, "remove"]) for role in managed)
    return make_plan(
        account="http://127.0.0.1",
        created_at=NOW,
        source=Source("list.csv", "ab" * 32, len(steps)),
        policy=Policy(managed_roles=tuple(managed), chunk_size=chunk),
        changes=Changes(frame(CHANGES, data), frame(HELD), counts),
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


class Runner:
    """Runs plans against one server, with a real record."""

    def __init__(self, base_url: str, folder: Path, stack: ExitStack, **client: Any) -> None:
        self.folder = folder
        self.fake_sleep = FakeSleep()
        self.client = stack.enter_context(client_of(base_url, self.fake_sleep, **client))
        self.progress: list[tuple[str, int, int]] = []
        self.on_progress: Callable[[], None] = lambda: None

    def run(
        self, plan: Plan, parallel: int = 1, *, settled: bool = False, changed_lately: Collection[int] = ()
    ) -> Execution:
        """Run a plan; `settled` decides the changes in doubt at the end, as reading for the proof does."""
        with open_record(self.folder, now=lambda: NOW) as record:
            journal = Journal(record, "r1", self.fake_sleep.clock)
            studio = StudioWriter(self.client)
            executed = execute(plan, studio, journal, self.report, parallel=parallel, changed_lately=changed_lately)
            if settled:
                executed.doubts.close(executed.doubts.read(), may_send=False)
        require(executed.outcomes, OUTCOMES)
        return executed

    def report(self, stage: str, done: int, total: int) -> None:
        self.progress.append((stage, done, total))
        self.on_progress()

    def records(self, event: str) -> list[dict[str, Any]]:
        return [record for record in read_records(self.folder) if record["event"] == event]

    @property
    def statuses(self) -> list[object]:
        return [record["status"] for record in self.records("outcome")]


Start = Callable[..., tuple[Runner, Sandbox]]
Script = Callable[..., tuple[Runner, ScriptedStudio]]


def steps_of(log: Sequence[dict[str, Any]]) -> list[Step]:
    return [(entry["user_id"], entry["action"], entry["role"]) for entry in log]


def with_outcome(executed: Execution, outcome: str) -> list[Step]:
    table = executed.outcomes[executed.outcomes["outcome"] == outcome]
    return list(zip(*(table[name].tolist() for name in ("user_id", "action", "role")), strict=True))


def check_record(runner: Runner, sandbox: Sandbox, executed: Execution) -> None:
    """Compare outcomes, record and Studio's own log with each other, action by action."""
    log = steps_of(sandbox.log())
    assert sorted(log) == sorted(with_outcome(executed, DONE))
    assert len(set(log)) == len(log)
    intents, outcomes = runner.records("intent"), runner.records("outcome")
    assert [entry["request"] for entry in intents] == list(range(1, len(intents) + 1))
    chunk_of = {entry["request"]: entry["chunk"] for entry in intents}
    assert sorted(entry["request"] for entry in outcomes) == list(range(1, len(intents) + 1))
    assert all(entry["chunk"] == chunk_of[entry["request"]] for entry in outcomes)
    recorded = {
        (action["user_id"], action["action"], action["role"]) for entry in intents for action in entry["actions"]
    }
    assert recorded >= set(log)
    assert recorded.isdisjoint(with_outcome(executed, NOT_SENT))
    row = {
        (uid, role): row
        for uid, role, row in zip(*(executed.outcomes[n] for n in ("user_id", "role", "row")), strict=True)
    }
    for entry in intents:
        for action in entry["actions"]:
            assert action["row"] == row[action["user_id"], action["role"]]
        assert set(entry["before"]) == {str(action["user_id"]) for action in entry["actions"]}
    effective = [
        (effect.user_id, effect.action.value, effect.role) for effect in effects(read_events(runner.folder, EVENTS))
    ]
    assert sorted(effective) == sorted(log)
    assert (open_requests(read_events(runner.folder, EVENTS)), executed.doubts.open) == ([], [])
    roles_of = {user["id"]: user["role_names"] for user in sandbox.people()}
    for user_id, action, role in with_outcome(executed, DONE):
        assert (role in roles_of[user_id]) == (action == "add")
    after = {int(uid): names for entry in outcomes for uid, names in entry["after"].items()}
    assert all(sorted(roles_of[uid]) == sorted(names) for uid, names in after.items())


def steps_for(sandbox: Sandbox, additions: int, removals: int = 5) -> list[Step]:
    """Add Admin to this many users who lack it, and remove it from this many who hold it."""
    users = sandbox.people()
    lacking = [user["id"] for user in users if "Admin" not in user["role_names"]]
    holding = [user["id"] for user in users if "Admin" in user["role_names"]]
    return [
        *((uid, "add", "Admin") for uid in lacking[:additions]),
        *((uid, "remove", "Admin") for uid in holding[:removals]),
    ]


def studio_user(number: int, *roles: str) -> StudioUser:
    return {"id": number, "email": f"p{number}@example.edu", "full_name": f"P {number}", "role_names": list(roles)}


def answering_reads(users: dict[int, StudioUser], put: Callable[[ReceivedRequest], ScriptedAnswer]) -> RequestHandler:
    """Answer reads of these users, and writes by `put`."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.method == "PUT":
            return put(request)
        if request.path.endswith("/search"):
            holders = [user for user in users.values() if request.query["role"] in user["role_names"]]
            meta = {"current_page": 1, "last_page": 1, "total_count": len(holders)}
            return ScriptedAnswer(body={"users": holders, "meta": meta})
        return ScriptedAnswer(body={"user": users[int(request.path.rpartition("/")[2])]})

    return answer


def accepting(
    users: dict[int, StudioUser], first: Callable[[ReceivedRequest], ScriptedAnswer | None] = lambda _asked: None
) -> RequestHandler:
    """Accept writes and answer them as Studio does, unless `first` has an answer."""

    def put(request: ReceivedRequest) -> ScriptedAnswer:
        answer = first(request)
        if answer:
            return answer
        for entry in request.json["actions"]:
            roles = users[entry["user_id"]]["role_names"]
            (roles.append if entry["action"] == "add" else roles.remove)(entry["role"])
        return ScriptedAnswer(body={"users": [users[entry["user_id"]] for entry in request.json["actions"]]})

    return answering_reads(users, put)
