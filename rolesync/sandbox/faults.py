"""Faults on purpose: which faults, how often, on which requests; and the dice that draw them.

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
| `rate` | requests a second | requests above this rate get 429 with `Retry-After` |
| `on` | `all`, `reads`, `writes`, `tokens`, or several with `+` | which requests; `all` (default) is reads and writes |
| `after`, `times` | number | no fault for the first `after` requests; stop after `times` faults |
| `seed` | number | the same seed and order of requests draw the same faults |

A share is from 0 to 1, and all shares add up to at most 1, because a request draws at most one fault. `all` excludes
`tokens` (the OAuth token endpoint), because a lost answer there ends the login for good.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


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


APPLIED = frozenset({Fault.CUT, Fault.LOST, Fault.LOST_5XX})
"""The faults that occur after the request has taken effect."""

WRITES_ONLY = frozenset({Fault.LOST, Fault.LOST_5XX})

KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "reads": frozenset({"search", "user", "media", "ping", "apidocs"}),
        "writes": frozenset({"roles"}),
        "tokens": frozenset({"token"}),
    }
)
"""The kinds of requests for each word of `on`."""

_WRITING = KINDS["writes"] | KINDS["tokens"]
_NUMBERS = ("latency", "jitter", "rate", "429-retry-after", "after", "times", "seed")
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
    on: tuple[str, ...] = ("reads", "writes")
    after: int = 0
    times: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        for name, share in self.shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name}={share}: a share is from 0 to 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"the shares add up to {sum(self.shares.values()):g}: together they are at most 1")
        for key, value in (("latency", self.latency), ("jitter", self.jitter), ("429-retry-after", self.retry_after)):
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
        numbers = {key: _number(key, pairs[key]) for key in pairs if key in _NUMBERS}
        on = pairs.get("on", "all").split("+")
        return cls(
            shares=MappingProxyType({Fault(key): _number(key, pairs[key]) for key in pairs if key in _FAULTS}),
            latency=numbers.get("latency", 0.0),
            jitter=numbers.get("jitter", 0.0),
            rate=numbers.get("rate"),
            retry_after=numbers.get("429-retry-after"),
            retry_after_form=pairs.get("429-form", "seconds"),
            on=tuple(
                dict.fromkeys(word for name in on for word in (("reads", "writes") if name == "all" else (name,)))
            ),
            after=int(numbers.get("after", 0)),
            times=int(numbers["times"]) if "times" in numbers else None,
            seed=int(numbers.get("seed", 1)),
        )

    def text(self) -> str:
        """Format the faults as text that `parse` reads back."""
        pairs: dict[str, object] = {
            "latency": self.latency or None,
            "jitter": self.jitter or None,
            **{str(fault): share for fault, share in self.shares.items()},
            "429-retry-after": self.retry_after,
            "429-form": None if self.retry_after_form == "seconds" else self.retry_after_form,
            "rate": self.rate,
            "on": "+".join(self.on),
            "after": self.after or None,
            "times": self.times,
            "seed": self.seed,
        }
        return ",".join(f"{key}={value}" for key, value in pairs.items() if value is not None)


_FAULTS = frozenset(fault.value for fault in Fault)
_KEYS = (*(fault.value for fault in Fault), *_NUMBERS, "429-form", "on")


def _number(key: str, text: str) -> float:
    try:
        return int(text) if key in _WHOLE else float(text)
    except ValueError:
        kind = "a whole number" if key in _WHOLE else "a number"
        raise ValueError(f"{key}={text}: use {kind}") from None


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for one request.

    `delay` is in seconds; `wait` is the time until the rate limit allows a request again, in seconds, None below it.
    """

    delay: float = 0.0
    fault: Fault | None = None
    wait: float | None = None


_NOTHING = Draw()


class Dice:
    """Draws the fault of each request, in the order of requests.

    Args:
        faults: the faults to draw from.
        clock: seconds, for the rate limit.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float]) -> None:
        self.faults = faults
        self.kinds = frozenset[str]().union(*(KINDS[word] for word in faults.on))
        self._idle = faults == Faults(seed=faults.seed, on=faults.on)
        self._random = random.Random(faults.seed)  # noqa: S311  # reproducible on purpose
        self._clock = clock
        self._allowance = max(1.0, faults.rate or 0.0)
        self._last_time = clock()
        self._seen = 0
        self._hits = 0

    def draw(self, kind: str) -> Draw:
        """Draw for the next request, which is of this kind."""
        if self._idle or kind not in self.kinds:
            return _NOTHING
        self._seen += 1
        # Both numbers are drawn every time, so that the draw of a request doesn't depend on earlier results.
        late, chance = self._random.random(), self._random.random()
        delay = self.faults.latency + late * self.faults.jitter
        wait = self._over_rate()
        if wait is not None:
            return Draw(delay, wait=wait)
        fault = self._fault(chance, kind) if self._seen > self.faults.after else None
        if fault is not None:
            self._hits += 1
        return Draw(delay, fault)

    def _fault(self, chance: float, kind: str) -> Fault | None:
        if self.faults.times is not None and self._hits >= self.faults.times:
            return None
        reached = 0.0
        for fault, share in self.faults.shares.items():
            reached += share
            if chance < reached:
                return None if fault in WRITES_ONLY and kind not in _WRITING else fault
        return None

    def _over_rate(self) -> float | None:
        rate = self.faults.rate
        if rate is None:
            return None
        now = self._clock()
        self._allowance = min(max(1.0, rate), self._allowance + (now - self._last_time) * rate)
        self._last_time = now
        if self._allowance < 1:
            return (1 - self._allowance) / rate
        self._allowance -= 1
        return None
