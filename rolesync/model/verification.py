"""What a check of the audit record found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FirstBadRecord:
    """The first place where the audit record is not the one that was written.

    `line` counts from 1 in `file`; `seq` is the number of the record that belongs there.
    """

    line: int
    seq: int
    reason: str
    file: str = "audit.jsonl"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the audit record found: the records that are whole up to `first_bad`, and whether the head fits.

    `head_problem` is "" where it does. `notices` are sentences about what a crash leaves behind, about changes of the
    key, and about what can't be checked without it; no failures. `unchecked` counts the records whose bytes can't be,
    because they are sealed with a key that is not set.
    """

    records: int
    first_bad: FirstBadRecord | None
    head_problem: str
    notices: tuple[str, ...]
    unchecked: int = 0

    @property
    def head_ok(self) -> bool:
        """Whether the head fits the record."""
        return not self.head_problem

    @property
    def ok(self) -> bool:
        """Whether this is the whole record, as it was written, as far as that could be checked."""
        return self.first_bad is None and self.head_ok
