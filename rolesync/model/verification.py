"""The result of checking the audit record."""

from dataclasses import dataclass

APPENDED_BYTES = "appended_bytes"
"""The code of bytes after the last record that no append of rolesync has left."""


@dataclass(frozen=True, slots=True)
class FirstBadRecord:
    """The first place where the audit record is not as it was written.

    `line` counts from 1 in `file`. `seq` is the number of the record that belongs there. `code` is `APPENDED_BYTES`
    or `changed`.
    """

    line: int
    seq: int
    reason: str
    file: str = "audit.jsonl"
    code: str = "changed"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking the audit record.

    `records` counts the good records before `first_bad`. `head_problem` is "" if the head fits the record. `notices`
    are sentences about harmless things: remains of a crash, changes of the key, and what can't be checked without it.
    `unchecked` counts the records whose bytes can't be checked, since they are sealed with a key that is not set.
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
    def only_appended(self) -> bool:
        """Whether all records are as they were written, and only bytes after them are not a record."""
        return self.first_bad is not None and self.first_bad.code == APPENDED_BYTES and self.head_ok

    @property
    def ok(self) -> bool:
        """Whether the record is whole and unchanged, as far as it could be checked."""
        return self.first_bad is None and self.head_ok
