"""The append-only, hash-chained record of everything planned and done: journal, history and proof in one file.

An account's folder holds `audit.jsonl`, one JSON object a line, and `audit.head`; `chain` says how they are made and
checks them, `record` writes them, `history` tells from them what happened.

Events of a run, all with `run`: `plan` {digest, account, source, additions, removals, status, held, requests};
`run.start` {digest, account, source, additions, removals, overridden}; for every request an `intent` {chunk, request,
actions, before} and an `outcome` {chunk, request, status, seconds, after, error}, where `request` counts the requests
of the run from 1; `run.end` {status, counts, proof, requests, stopped}. `source` is a path, or a mapping with a `path`.
The record itself adds `record.recovered` {torn_bytes, torn_sha256} after the remains of an append that was cut short.
"""

from rolesync.audit.chain import verify
from rolesync.audit.history import read, run_records, runs
from rolesync.audit.record import Record, open_record
from rolesync.model import Bad, Verification

__all__ = ["Bad", "Record", "Verification", "open_record", "read", "run_records", "runs", "verify"]
