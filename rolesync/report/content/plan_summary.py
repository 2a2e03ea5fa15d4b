"""What each form of a plan tells, said once: the headline, the summary and the next step; see `rows` for the rest.

All texts that leave this module went through `escape_for_display`; a form adds only its own escaping.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from rolesync.model.findings import Finding
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Approval, Drift, Plan, Policy
from rolesync.model.reasons import WAITING
from rolesync.model.run_report import RunDrift
from rolesync.model.vocabulary import Action, Level, Mode, ReadMethod, VerdictStatus
from rolesync.planner.guards import ON_REMOVALS
from rolesync.report.content.impact import impact_total
from rolesync.report.content.plan_rows import GuardRow, guard_rows
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, held_words, plural

SHORT_DIGEST = 12
"""Characters of a digest that are enough to tell two plans apart by eye."""


MODES = {
    Mode.SYNC: "sync: adds what is missing, removes whoever the list doesn't name",
    Mode.ADDITIVE: "additive: adds what is missing, never removes",
}


NOUNS = {Action.REMOVE: "removal", Action.ADD: "addition"}
"""What a change of each action is called, in the order in which changes are shown."""


class Headline(NamedTuple):
    """A plan in one word and one or two sentences."""

    word: str
    sentence: str


def headline(plan: Plan) -> Headline:
    """Say what this plan amounts to."""
    if plan.blocked:
        first, *others = (guard for guard in guard_rows(plan) if guard.status == VerdictStatus.BLOCK)
        more = f", and by {plural(len(others), 'more guard')}" if others else ""
        return Headline("BLOCKED", f"by {first.text}{more}. Nothing was written.")
    if plan.status == "empty" and plan.source.undoes:
        return Headline("NOTHING TO DO", "There is nothing to take back, or all of it is held. Nothing was written.")
    if plan.status == "empty":
        if waiting := removals_waiting(plan):
            sentence = f"All that differs is held, {plural(waiting, 'removal')} among it"
        else:
            held = f"; {plural(len(plan.held), 'row')} held" if len(plan.held) else ""
            sentence = f"Studio already has what the list asks for{held}"
        return Headline("NOTHING TO DO", f"{sentence}. Nothing was written.")
    waiting = removals_waiting(plan)
    held = f"; {plural(waiting, 'removal')} held" if waiting else ""
    return Headline("READY", f"{totals(plan)}{held}. Nothing was written yet.")


def totals(plan: Plan) -> str:
    """Say how many removals and additions there are, counted where they would be taken from."""
    return ", ".join(plural(number_of(plan, action), noun) for action, noun in NOUNS.items())


def number_of(plan: Plan, action: Action) -> int:
    """Count the changes of one kind."""
    return int((plan.changes["action"] == action.value).sum())


def removals_waiting(plan: Plan) -> int:
    """Count the removals that the policy holds back: the list is clear about them, only their time hasn't come."""
    return int(plan.held["reason"].isin(WAITING).sum())


def summary(plan: Plan) -> list[tuple[str, str]]:
    """List the facts that say which plan this is, as label and value."""
    source = plan.source
    listed = f"{plural(source.rows, 'row')}, sha256 {escape_for_display(source.sha256[:SHORT_DIGEST])}"
    return [
        ("account", escape_for_display(plan.account, CELL_LIMIT)),
        ("takes back", f"run {escape_for_display(source.undoes, CELL_LIMIT)}")
        if source.undoes
        else ("list", f"{escape_for_display(source.path, CELL_LIMIT)} ({listed})"),
        *([] if source.undoes else [("mode", _mode(plan.policy))]),
        (
            "made",
            format_time(plan.created_at)
            + (f" by {escape_for_display(plan.planned_by, CELL_LIMIT)}" if plan.planned_by else ""),
        ),
        *([("approved", approval_text(plan.approval))] if plan.approval else []),
        ("held", held_text(plan)),
        ("drift", drift_text(plan.drift)),
        *([] if plan.impact is None else [("impact", impact_total(plan.impact))]),
    ]


def held_text(plan: Plan) -> str:
    """Say how many rows are held, and why, as in `3 rows: 2 not in Studio, 1 in the grace period`."""
    reasons = Counter(plan.held["reason"].tolist())
    named = ", ".join(f"{number:,} {held_words(reason)}" for reason, number in reasons.items())
    return f"{plural(len(plan.held), 'row')}: {named}" if named else "nothing"


def approval_text(approval: Approval) -> str:
    """Say who approved a plan, when, what they saw, and what they decided otherwise than planned."""
    same = approval.operator.casefold() in {"", approval.reviewer.casefold()}
    by = escape_for_display(approval.reviewer, CELL_LIMIT) + (
        "" if same else f" ({escape_for_display(approval.operator, CELL_LIMIT)})"
    )
    let = f", {plural(len(approval.released), 'held removal')} let through" if approval.released else ""
    taken = f"; {plural(approval.excluded, 'change')} taken out"
    seen = escape_for_display(approval.confirmed_effect, CELL_LIMIT)
    made_from = escape_for_display(approval.reviewed_digest[:SHORT_DIGEST])
    return f"by {by}, {format_time(approval.approved_at)}, who saw: {seen}{taken}{let}; made from plan {made_from}"


def _mode(policy: Policy) -> str:
    if policy.mode is Mode.SYNC and policy.hold_removals:
        return f"{MODES[policy.mode]}; removals are held (hold_removals)"
    if policy.mode is Mode.SYNC and policy.grace_runs:
        return f"{MODES[policy.mode]} in {plural(policy.grace_runs, 'run')} in a row (grace_runs)"
    return MODES[policy.mode]


def passes(guards: Iterable[GuardRow]) -> str:
    """Say which guards passed; empty where none did."""
    rules = [guard.rule for guard in guards if guard.status == VerdictStatus.PASS]
    return f"{len(rules):,} passed: {', '.join(dict.fromkeys(rules))}" if rules else ""


def drift_text(drift: Drift | RunDrift) -> str:
    """Say how much others have changed, and since when."""
    if not drift.since:
        return "not known: no run has seen who holds the roles before"
    number = plural(len(drift.changes), "change") if len(drift.changes) else "nothing"
    return f"{number} since run {escape_for_display(drift.since, CELL_LIMIT)}"


def level_counts(findings: Iterable[Finding]) -> str:
    """Say how many findings of each level there are, as in `1 error, 2 warnings, 0 info`."""
    found = Counter(finding.level for finding in findings)
    errors, warnings = plural(found[Level.ERROR], "error"), plural(found[Level.WARNING], "warning")
    held = f"{found[Level.HELD]:,} held, " if found[Level.HELD] else ""
    return f"{errors}, {held}{warnings}, {found[Level.INFO]:,} info"


def requests_rows(requests: Requests) -> list[tuple[str, str]]:
    """List what the reading took and how it went, as label and value."""
    ways = "; ".join(map(_way_text, requests.steps))
    return [
        ("requests", requests_text(requests)),
        *([("read", escape_for_display(ways, SENTENCE_LIMIT))] if ways else []),
    ]


def _way_text(way: ReadStep) -> str:
    role, people = escape_for_display(way.role, CELL_LIMIT), f"{way.people:,} found"
    if way.how is ReadMethod.MEDIA:
        return f"media of {plural(way.people, 'person', 'people')}, {way.requests:,} of {plural(way.of, 'page')}"
    if way.how is ReadMethod.ONE_BY_ONE:
        return f"{way.requests:,} one by one, {people}"
    if way.how is ReadMethod.SCAN:
        return f"{role} looked through, {way.requests:,} of {plural(way.of, 'page')}, {people}"
    return f"{role} in full, {plural(way.of, 'page')}, {plural(way.people, 'holder')}"


def requests_text(requests: Requests) -> str:
    """Say how many requests were made, and the fewest that could have done."""
    kinds = ", ".join(f"{escape_for_display(kind, CELL_LIMIT)} {number:,}" for kind, number in requests.by_kind.items())
    fewest = (
        f"; the fewest possible by the roles read: {requests.theoretical_minimum:,}"
        if requests.theoretical_minimum
        else ""
    )
    return f"{requests.total:,} made{f' ({kinds})' if kinds else ''}{fewest}"


def next_step(plan: Plan, command: str = "rolesync apply PLAN") -> tuple[str, tuple[str, ...]]:
    """Say what to do with a plan: a sentence, and the command for it as its words that may stand on one line each.

    `command` applies this plan; "" where that happens at once.
    """
    if plan.status == "empty":
        return "There is nothing to apply.", ()
    if plan.status == "ready":
        if not command:
            return "It is applied at once; what came of it follows.", ()
        return "Look at each removal, then apply exactly this plan:", (escape_for_display(command),)
    final = [escape_for_display(verdict.rule, CELL_LIMIT) for verdict in plan.blocked if not verdict.overridable]
    if final:
        return f"No override passes {', '.join(dict.fromkeys(final))}. {_mend(plan)}.", ()
    sentence = f"{_mend(plan)}. If every change is meant, pass this plan once:"
    return sentence, (escape_for_display(command), f"--override {escape_for_display(plan.digest, CELL_LIMIT)}")


def _mend(plan: Plan) -> str:
    additions = {verdict.rule for verdict in plan.blocked} <= ON_REMOVALS and not plan.source.undoes
    return "Mend the cause and make a new plan" + (", or one with --hold-removals" if additions else "")


def format_time(time: datetime) -> str:
    """Spell a time for people, in UTC to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
