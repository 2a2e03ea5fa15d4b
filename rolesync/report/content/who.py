"""An access review in words and tables, once for the terminal, the page, the workbook and CSV.

All texts are already escaped by `escape_for_display`; a form adds only its own escaping.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from rolesync.model.who import AccessReview, Evidence, Holder, HolderStatus, Origin, RoleReadings, RunFacts
from rolesync.report.content.plan_summary import Headline
from rolesync.report.content.table import Column, Kind, Table
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, list_text, plural

_SECTIONS = {
    HolderStatus.UNCLEAR: "Unclear: these users may hold the role",
    HolderStatus.LOST: "Lost by other hands: these users no longer hold the role, and no run removed it",
}
_STATUS = {HolderStatus.HOLDS: "holds", HolderStatus.UNCLEAR: "unclear", HolderStatus.LOST: "lost by other hands"}


class HolderRow(NamedTuple):
    """One user with one role, in words; the fields are the columns of the CSV form and of the workbook.

    `since` is when the role came, `seen` is since when it is known if other hands changed it. Times are `2026-05-03
    02:00:07`, in UTC. `user_id` and `row` are numbers, 0 for none.
    """

    status: str
    role: str
    name: str
    email: str
    user_id: int
    since: str
    how: str
    run: str
    row: int
    list: str
    reviewer: str
    operator: str
    not_before: str
    last_proven: str

    @property
    def user(self) -> tuple[str, str, int]:
        """Name, address and id."""
        return self.name, self.email, self.user_id


def holder_rows(holders: Sequence[Holder], limit: int | None = None, *, cut: int = CELL_LIMIT) -> Iterator[HolderRow]:
    """Yield holders in words, at most `limit`, texts cut to `cut`."""
    for holder in islice(holders, limit):
        evidence, facts = holder.evidence, holder.facts
        by_run = evidence.origin is Origin.RUN
        yield HolderRow(
            status=_STATUS[holder.status],
            role=escape_for_display(holder.role, cut),
            name=escape_for_display(holder.name, cut),
            email=escape_for_display(holder.email, cut),
            user_id=holder.user_id,
            since=_when(evidence.time),
            how=_how(holder.status, evidence, facts),
            run=escape_for_display(evidence.run, cut),
            row=evidence.row,
            list=list_text(facts.source) if by_run and not facts.undoes else "",
            reviewer=escape_for_display(facts.reviewer, cut) if by_run else "",
            operator=escape_for_display(facts.operator, cut) if by_run else "",
            not_before="" if by_run and not evidence.in_vain else _when(evidence.changed_after),
            last_proven=_when(holder.last_proven),
        )


def who_headline(review: AccessReview) -> Headline:
    """Name the moment, and count the holders."""
    if review.as_of:
        words = [f"{_count(review, role)} proven" for role in review.roles]
        return Headline(f"AS OF {review.as_of}", f"{', '.join(words)}, by the record alone.")
    words = [_count(review, role) for role in review.roles]
    return Headline("NOW", f"{', '.join(words)}, read from Studio at {_when(review.time)} UTC.")


def who_facts(review: AccessReview) -> Iterator[tuple[str, str]]:
    """Yield what is known, and what can't be known, as label and sentence."""
    yield "account", escape_for_display(review.account, CELL_LIMIT)
    if review.as_of:
        is_over = review.time[:10] > review.as_of
        end = f"the end of {review.as_of} (UTC)" if is_over else f"{review.as_of} (UTC), a day that is not over yet"
        yield "moment", f"{end}; Studio was not read"
    if review.broken:
        ends = _when(review.ends) or "its first record"
        yield (
            "record",
            f"broken after {ends}: nothing later is known, so who came or went since is not shown as proven",
        )
    if not review.has_snapshot:
        yield (
            "holders file",
            "holders.json is missing, or is not as the last run wrote it: only users whom the record names are known",
        )
    for role, readings in review.readings.items():
        holder_count = len(review.of(HolderStatus.HOLDS, role))
        yield escape_for_display(role, CELL_LIMIT), _reading_text(readings, review.as_of, holder_count)


def who_tables(review: AccessReview) -> Iterator[Table]:
    """Yield a table of the holders of each role, then of those who are unclear, and of those who lost a role."""
    for place, role in enumerate(review.roles):
        holders = review.of(HolderStatus.HOLDS, role)
        title = f"{escape_for_display(role, CELL_LIMIT)} ({len(holders):,})"
        yield _table(f"role-{place}", title, holders, with_role=False, proven=bool(review.as_of))
    for status, title in _SECTIONS.items():
        holders = review.of(status)
        yield _table(status.value, f"{title} ({len(holders):,})", holders, with_role=len(review.roles) > 1)


def _table(key: str, title: str, holders: Sequence[Holder], *, with_role: bool, proven: bool = False) -> Table:
    columns = [
        Column("user", "user", Kind.USER, lambda row: row.user),
        *([Column("role", "role", Kind.TEXT, lambda row: row.role)] if with_role else []),
        Column("since", "since (UTC)", Kind.TEXT, lambda row: row.since),
        Column("how", "how", Kind.SENTENCE, lambda row: row.how),
        *([Column("last_proven", "last proven (UTC)", Kind.TEXT, lambda row: row.last_proven)] if proven else []),
    ]
    return Table(key, title, tuple(columns), len(holders), partial(holder_rows, holders), "user")


def _count(review: AccessReview, role: str) -> str:
    return plural(
        len(review.of(HolderStatus.HOLDS, role)),
        f"holder of {escape_for_display(role, CELL_LIMIT)}",
        f"holders of {escape_for_display(role, CELL_LIMIT)}",
    )


def _how(status: HolderStatus, evidence: Evidence, facts: RunFacts) -> str:
    run, text = escape_for_display(evidence.run, CELL_LIMIT), ""
    if status is HolderStatus.UNCLEAR and evidence.origin is Origin.RUN:
        text = f"run {run} asked to {'add' if evidence.holds else 'remove'} it, and whether this took effect is unknown"
    elif evidence.origin is Origin.RUN:
        text = _by_run(evidence, facts, run)
    elif evidence.origin is Origin.OTHER_HANDS:
        text = _by_others(evidence, run)
    elif evidence.origin is Origin.BEFORE_RECORD:
        text = f"already held at the first reading in the record, run {run}"
    else:
        text = "unknown: the record does not show how"
    return escape_for_display(text, SENTENCE_LIMIT)


def _by_run(evidence: Evidence, facts: RunFacts, run: str) -> str:
    if facts.undoes:
        reason = f"undo of run {escape_for_display(facts.undoes, CELL_LIMIT)}"
    elif evidence.row:
        reason = f"row {evidence.row} of {list_text(facts.source)}"
    else:
        reason = list_text(facts.source)
    verb = "added" if evidence.holds else "removed"
    late = ", took effect later" if evidence.changed_after != evidence.time else ""
    approved = f", approved by {escape_for_display(facts.reviewer, CELL_LIMIT)}" if facts.reviewer else ""
    return f"{verb} by run {run}{f': {reason}' if reason else ''}{late}{approved}"


def _by_others(evidence: Evidence, run: str) -> str:
    first_seen = f"by run {run}" if run else "by this reading"
    time_before = f" at {_when(evidence.changed_after)}" if evidence.changed_after else ""
    if evidence.holds:
        earlier = f"; without it{time_before}" if time_before else ""
        return f"came by other hands, first seen {first_seen}{earlier}"
    earlier = f"; last seen with it{time_before}" if time_before else ""
    return f"went by other hands, first seen {first_seen}{earlier}"


def _reading_text(readings: RoleReadings, as_of: str, named: int) -> str:
    """Describe when a role was read, and what therefore can't be known."""
    first, last, following = readings.first, readings.last, readings.next
    if first is None:
        return "the record has no reading of all holders; origins before it are unknown"
    if as_of and last is None:
        return f"first read at {_when(first.time)} (run {escape_for_display(first.run)}); before that nothing is known"
    text = f"first read at {_when(first.time)}, last read by a run"
    if last:
        text += f"{' until then' if as_of else ''} at {_when(last.time)} (run {escape_for_display(last.run)})"
    if as_of and readings.counted is not None:
        text += f"; the last proof counted {plural(readings.counted, 'holder')}, named here are {named:,}"
    if as_of:
        end = f"the next reading at {_when(following.time)}" if following else "now"
        text += f". Other hands may have changed the role between that and {end}: only a reading shows it"
    return text


def _when(time: str) -> str:
    return escape_for_display(time[:19].replace("T", " "))
