"""The append-only, hash-chained record of everything planned and done: journal, history and proof in one file.

An account's folder holds `audit.jsonl`, one JSON object a line, earlier files of the same chain that were closed when
they were large, and `audit.head`. `files` and `seal` say how they are made, `chain` and `check` check them, `writer`,
`tail`, `turn` and `record` write them; `history`, `effects` and `persons` tell from them what happened.

Events of a run, all with `run`: `plan` {digest, account, source, additions, removals, warned, command, status, held,
requests}; `run.start` {digest, account, source, additions, removals, warned, command, held, overridden} and, where the
machine knows, the `operator` who ran it; for every request an `intent` {chunk, request, actions, before} and an
`outcome` {chunk, request, status, seconds, after, error}, where `request` counts the requests of the run from 1 in the
order of their intents, of which several may be under way at once; `run.end` {status, counts, proof, requests, stopped,
unsettled, drifted}.
`drifted` names the changes that were not sent because somebody had changed: the roles they were planned with, the roles
they have, and why.
`unsettled` says that nobody knows yet what some of the requests did; once a later run has found out, the run has a
second end, as has one that was killed before its first. `source` is a path, or a mapping with a `path`. Where a grace
is given, the `plan` of a sync and each `run.start` have `absent`: by role the ids of its holders to whom the list
doesn't give it.
What came of a request in doubt is in a `reread` {chunk, request, after} once the run has read its users again, or in a
`recovered`, which also says `by` which later run it was asked; `after` has the roles by user id, null for somebody who
is no longer in Studio.
Once a run has seen who holds the managed roles and nothing is left in doubt, `holders` {sha256} seals that snapshot.
The `plan` of a dry run or sync and each `run.start` have in `drift` what others had changed `since` the run that took
the last one: `added` and `removed`, by role the ids of its holders; null where nobody knows.
The `plan` of every run says who `made_by` it; each `run.start`, too, and in `approval` who approved the plan, when and
from which one, what they saw, which held removals they `released`, and which changes they took out
(`excluded_changes`, by id and address, each with its reason); null where nobody did.
The record itself adds `record.recovered` {torn_bytes, torn_sha256} after the remains of an append that was cut short,
and `record.key` {mode, fingerprint, past} where records begin to be sealed with a key, another, or none.
"""
