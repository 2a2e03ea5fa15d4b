"""A relay before each sandbox: it keeps what the account received, and lets a test step in between."""

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rolesync.sandbox import Options, Sandbox
from tests.fleet.tools import write_fleet
from tests.servers import ReceivedRequest, ScriptedAnswer, ScriptedStudio

Step = Callable[[ReceivedRequest, Callable[[], ScriptedAnswer]], ScriptedAnswer]
"""Answers a request; it may pass it on by the function that it is given, before or after what it does."""


def pass_on(_request: ReceivedRequest, forward: Callable[[], ScriptedAnswer]) -> ScriptedAnswer:
    return forward()


@dataclass
class Front:
    """A relay to a sandbox whose people are of its own, with a token of its own."""

    name: str
    sandbox: Sandbox
    step: Step = pass_on
    studio: ScriptedStudio = field(init=False)

    def __post_init__(self) -> None:
        self.studio = ScriptedStudio(lambda request: self.step(request, lambda: self._forward(request)))

    @property
    def tokens(self) -> set[str]:
        """Every Authorization header that came here."""
        return {str(request.headers["Authorization"]) for request in self.studio.requests}

    @property
    def writes(self) -> int:
        return sum(is_write(request) for request in self.studio.requests)

    def _forward(self, request: ReceivedRequest) -> ScriptedAnswer:
        connection = http.client.HTTPConnection(urlsplit(self.sandbox.base_url).netloc)
        connection.request(request.method, request.target, request.body, dict(request.headers.items()))
        with connection.getresponse() as response:
            body = response.read()
        connection.close()
        skipped = {"content-length", "connection", "transfer-encoding"}
        headers = {name: value for name, value in response.getheaders() if name.lower() not in skipped}
        return ScriptedAnswer(response.status, body, headers)


def is_write(request: ReceivedRequest) -> bool:
    return request.method == "PUT"


@contextmanager
def fronts(
    folder: Path,
    sandboxes: Callable[[Options], Sandbox],
    names: str | list[str],
    *,
    fleet: str = "",
    defaults: str = "",
) -> Iterator[Mapping[str, Front]]:
    """Serve an account for each name, with a fleet file, lists and secrets in the folder.

    `fleet` are lines for `[fleet]`, `defaults` are settings of all accounts. Each sandbox has a token of its own.
    """
    with ExitStack() as stack:
        accounts = {
            name: Front(name, sandboxes(Options(seed=seed, token=f"token-of-{name}", redundant="refused")))
            for seed, name in enumerate(names, 1)
        }
        for front in accounts.values():
            stack.enter_context(front.studio)
        path = write_fleet(folder, {name: front.studio.base_url for name, front in accounts.items()}, fleet=fleet)
        settings = f"[defaults]\nsettle_seconds = 0\nchunk_size = 2\nattempts = 1\n{defaults}"
        path.write_text(path.read_text(encoding="utf-8").replace("[defaults]\n", settings), encoding="utf-8")
        for name in names:
            (folder / "secrets" / name / "rolesync_token").write_text(f"token-of-{name}", encoding="ascii")
        yield accounts
