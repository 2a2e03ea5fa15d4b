"""A review under way: the real server in a thread, its terminal as a queue, and a clock that the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
from urllib.parse import urlsplit

import requests

from rolesync.model.plans import Plan, effect_text
from rolesync.planner.approval import Decisions, approve
from rolesync.report.html.tables import LastChanges
from rolesync.review.page.server import IDLE_SECONDS, serve
from rolesync.review.page.session import ReviewEnd, ReviewSession
from tests.report.samples import MOMENT

_SECONDS = 20  # after which something hangs, however slow the machine


@dataclass
class RunningReview:
    """The parts of a running review; `addresses` is the terminal, `shown` the lines read from it."""

    session: ReviewSession
    addresses: Queue[str] = field(default_factory=Queue)
    shown: list[str] = field(default_factory=list)
    now: float = 0.0
    approved: list[Plan] = field(default_factory=list)
    left: list[Decisions] = field(default_factory=list)
    thread: Thread = field(default_factory=Thread)

    def address(self) -> str:
        """The next address that the terminal shows."""
        self.shown.append(self.addresses.get(timeout=_SECONDS))
        return self.shown[-1]

    def ended(self) -> bool:
        """Wait for the server's end."""
        self.thread.join(_SECONDS)
        return not self.thread.is_alive()


@contextmanager
def running_review(plan: Plan, last_changes: LastChanges | None = None) -> Iterator[RunningReview]:
    """Serve the review of a plan until the `with` block ends."""

    def approving(decisions: Decisions, reviewer: str, sees: str) -> ReviewEnd:
        approved = approve(plan, decisions, reviewer=reviewer, operator="rita", confirmed_effect=sees, now=MOMENT)
        review.approved.append(approved)
        sentence = f"The plan to {effect_text(approved.effect)} is approved."
        return ReviewEnd("Approved", sentence, "rolesync apply plan.approved.json")

    def leaving(decisions: Decisions) -> ReviewEnd:
        review.left.append(decisions)
        return ReviewEnd("Nothing was approved", "The decisions are kept.")

    review = RunningReview(ReviewSession(plan, last_changes, approving, leaving))
    review.thread = Thread(
        target=serve,
        args=(review.session,),
        kwargs={"port": 0, "show_address": review.addresses.put, "clock": lambda: review.now},
    )
    review.thread.start()
    try:
        yield review
    finally:
        review.now += 2 * IDLE_SECONDS
        assert review.ended()


class Visitor:
    """A browser's part of the protocol, over real HTTP."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.netloc
        self.session = requests.Session()
        self.session.trust_env = False
        self.opened = self.get(address)
        _, _, rest = self.opened.text.partition("url=")
        self.path = rest.partition('"')[0]

    @property
    def cookie(self) -> str:
        """The cookies of the server, as a browser sends them back."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.session.cookies)

    def get(self, address: str, **headers: str) -> requests.Response:
        return self.session.get(address, headers=headers, timeout=_SECONDS)

    def page(self, **headers: str) -> requests.Response:
        return self.get(self.origin + self.path, **headers)

    def post(self, what: str, content: object, **headers: str | None) -> requests.Response:
        """Send a request as the page does, apart from these headers."""
        sent = {"Origin": self.origin, **{name.replace("_", "-"): value for name, value in headers.items()}}
        address = self.origin + self.path + what
        return self.session.post(address, json=content, headers=sent, timeout=_SECONDS)
