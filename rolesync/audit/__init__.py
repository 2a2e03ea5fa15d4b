"""The append-only, hash-chained record of everything planned and done: journal, history and proof in one file.

An account's folder holds `audit.jsonl`, one JSON object a line, and `audit.head`; `chain` says how they are made and
checks them, `record` writes them, `history` tells from them what happened.

Events of a run, all with `run`: `plan` {digest, account, source, additions, removals, warned, command, status, held,
requests}; `run.start` {digest, account, source, additions, removals, warned, command, overridden}; for every request an
`intent` {chunk, request, actions, before} and an `outcome` {chunk, request, status, seconds, after, error}, where
`request` counts the requests of the run from 1; `run.end` {status, counts, proof, requests, stopped}. `source` is a
path, or a mapping with a `path`. Where a grace is given, the `plan` of a sync and each `run.start` have `absent`: by
role the ids of its holders to whom the list doesn't give it.
The record itself adds `record.recovered` {torn_bytes, torn_sha256} after the remains of an append that was cut short.
"""

from rolesync.audit.check import verify
from rolesync.audit.history import read, recall, run_records, runs
from rolesync.audit.record import Record, open_record, rekey
from rolesync.model import Bad, Verification

__all__ = ["Bad", "Record", "Verification", "open_record", "read", "recall", "rekey", "run_records", "runs", "verify"]
