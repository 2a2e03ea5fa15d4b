"""Faults on purpose: which faults, how often, on which requests.

Faults are written as `key=value` pairs with commas between them:

    latency=0.05,jitter=0.02,429=0.1,429-retry-after=2,500=0.02,lost=0.01,on=writes,seed=7

| key | value | does |
|---|---|---|
| `latency`, `jitter` | seconds | every answer is delayed by `latency`, plus a random part of `jitter` |
| `429` | share | 429, with `Retry-After` if `429-retry-after` is set; nothing is applied |
| `429-bare` | share | 429 without `Retry-After`, even if `429-retry-after` is set |
| `429-retry-after` | seconds | value of `Retry-After` |
| `429-form` | `seconds`, `date` | format of `Retry-After` |
| `403` | share | 403 "Rate Limit Exceeded" |
| `500`, `502`, `503`, `504` | share | that status; nothing is applied |
| `html` | share | 502 with an HTML page; nothing is applied |
| `html200` | share | 200 with an HTML page, like a login page; nothing is applied |
| `cut` | share | a write is applied, but the connection ends half-way through the body of the answer |
| `reset` | share | the connection is reset before the request is processed |
| `lost` | share | a write is applied, and the connection ends before a byte of the answer |
| `lost5xx` | share | a write is applied, and answered 502 |
| `applied-201`, `applied-202`, `applied-204` | share | a write is applied, answered with that status; 204 has no body |
| `applied-301`, `applied-307`, `applied-308` | share | the same, with an error body and a `Location` |
| `applied-408`, `applied-409`, `applied-425`, `applied-499` | share | the same, with an error body |
| `404-route` | share | searches and writes get 404 with an HTML page, as if the call didn't exist; nothing is applied |
| `nobody` | share | searches answer 200 with no users, as in maintenance |
| `drip` | share | the headers come at once, the body with one byte every half second; a write is applied |
| `lag` | seconds | searches and single users show the state of this long ago, as from an index or a replica |
| `lag-share` | share | the share of reads that lag (default 1), as if one of several replicas answered |
| `lag-answers` | share | the share of writes whose own answer shows the users as `lag` ago too (default 0) |
| `totals` | seconds | for this long after a change, `total_count` of searches is one too high |
| `rate` | requests a second | requests above this rate get 429 with `Retry-After` |
| `on` | `all`, `reads`, `writes`, `tokens`, or several with `+` | which requests; `all` (default) is reads and writes |
| `after`, `times` | number | no fault for the first `after` requests; stop after `times` faults |
| `seed` | number | the same seed and order of requests draw the same faults |

A share is from 0 to 1, and all shares add up to at most 1, because a request draws at most one fault. `all` excludes
`tokens` (the OAuth token endpoint), because a lost answer there ends the login for good. `lag` and `totals` are not
faults of single requests: they have their own random numbers, and ignore `on`, `after` and `times`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Fault(StrEnum):
    """A fault that a request can draw."""

    LIMITED = "429"
    LIMITED_BARE = "429-bare"
    LIMITED_403 = "403"
    INTERNAL = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    HTML = "html"
    HTML_200 = "html200"
    CUT = "cut"
    RESET = "reset"
    LOST = "lost"
    LOST_5XX = "lost5xx"
    APPLIED_201 = "applied-201"
    APPLIED_202 = "applied-202"
    APPLIED_204 = "applied-204"
    APPLIED_301 = "applied-301"
    APPLIED_307 = "applied-307"
    APPLIED_308 = "applied-308"
    APPLIED_408 = "applied-408"
    APPLIED_409 = "applied-409"
    APPLIED_425 = "applied-425"
    APPLIED_499 = "applied-499"
    NO_ROUTE = "404-route"
    NOBODY = "nobody"
    DRIP = "drip"


ODD_STATUSES: Mapping[Fault, int] = MappingProxyType(
    {fault: int(fault.removeprefix("applied-")) for fault in Fault if fault.startswith("applied-")}
)
"""The undocumented statuses of writes that were applied."""

APPLIED = frozenset({Fault.CUT, Fault.LOST, Fault.LOST_5XX, Fault.NOBODY, Fault.DRIP, *ODD_STATUSES})
"""The faults that occur after the request has taken effect."""

KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "reads": frozenset({"search", "user", "media", "ping", "apidocs"}),
        "writes": frozenset({"roles"}),
        "tokens": frozenset({"token"}),
    }
)
"""The kinds of requests for each word of `on`."""

_NUMBERS = {
    **{key: key for key in ("latency", "jitter", "rate", "after", "times", "lag", "totals")},
    "429-retry-after": "retry_after",
    "lag-share": "lag_share",
    "lag-answers": "lag_answers",
    "seed": "seed",
}
"""The keys with a number, and their fields of `Faults`."""

_WHOLE = frozenset({"after", "times", "seed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The faults of a sandbox, see the table above; none without arguments.

    Raises:
        ValueError: a value is wrong; the message names the key and the values it takes.
    """

    shares: Mapping[Fault, float] = field(default_factory=lambda: MappingProxyType({}))
    latency: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    retry_after: float | None = None
    retry_after_form: str = "seconds"
    lag: float = 0.0
    lag_share: float = 1.0
    lag_answers: float = 0.0
    totals: float = 0.0
    on: tuple[str, ...] = ("reads", "writes")
    after: int = 0
    times: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        lag_shares = (("lag-share", self.lag_share), ("lag-answers", self.lag_answers))
        for name, share in (*self.shares.items(), *lag_shares):
            if not 0 <= share <= 1:
                raise ValueError(f"{name}={share}: a share is from 0 to 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"the shares add up to {sum(self.shares.values()):g}: together they are at most 1")
        for key in ("latency", "jitter", "429-retry-after", "lag", "totals"):
            value = getattr(self, _NUMBERS[key])
            if value is not None and not 0 <= value <= 3600:  # noqa: PLR2004  # an hour; more is probably a typing error
                raise ValueError(f"{key}={value:g}: use 0 to 3600 seconds")
        if self.rate is not None and not 0 < self.rate < float("inf"):
            raise ValueError(f"rate={self.rate:g}: use more than 0 requests a second")
        if self.after < 0 or (self.times is not None and self.times < 0):
            raise ValueError("after and times: use 0 or more")
        if self.retry_after_form not in {"seconds", "date"}:
            raise ValueError(f"429-form={self.retry_after_form}: use seconds or date")
        wrong = [word for word in self.on if word not in KINDS]
        if wrong or not self.on:
            raise ValueError(f"on={'+'.join(self.on)}: use all, {', '.join(KINDS)}, or several of these with +")

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Parse the `key=value,…` text; an empty text means no faults.

        Raises:
            ValueError: a key is unknown or repeated, or a value is wrong; the message names it.
        """
        pairs: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or key not in _KEYS:
                raise ValueError(f"{part!r} is not a fault: write key=value with a key of {', '.join(_KEYS)}")
            if key in pairs:
                raise ValueError(f"{key} appears twice: leave one of the two out")
            pairs[key] = value
        on = pairs.get("on", "all").split("+")
        return cls(
            shares=MappingProxyType({Fault(key): _number(key, pairs[key]) for key in pairs if key in _FAULTS}),
            retry_after_form=pairs.get("429-form", "seconds"),
            on=tuple(
                dict.fromkeys(word for name in on for word in (("reads", "writes") if name == "all" else (name,)))
            ),
            **{name: _number(key, pairs[key]) for key, name in _NUMBERS.items() if key in pairs},
        )

    def text(self) -> str:
        """Format the faults as text that `parse` reads back."""
        healthy = Faults()
        pairs = {**{str(fault): share for fault, share in self.shares.items()}, "on": "+".join(self.on)}
        for key, name in {"429-form": "retry_after_form", **_NUMBERS}.items():
            if key == "seed" or getattr(self, name) != getattr(healthy, name):
                pairs[key] = getattr(self, name)
        return ",".join(f"{key}={value}" for key, value in pairs.items())


_FAULTS = frozenset(fault.value for fault in Fault)
_KEYS = (*(fault.value for fault in Fault), *_NUMBERS, "429-form", "on")


def _number(key: str, text: str) -> Any:  # noqa: ANN401  # int or float, as the key wants
    try:
        return int(text) if key in _WHOLE else float(text)
    except ValueError:
        kind = "a whole number" if key in _WHOLE else "a number"
        raise ValueError(f"{key}={text}: use {kind}") from None
