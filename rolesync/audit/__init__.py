"""The append-only, hash-chained record of everything planned and done. It knows nothing of roles.

An account's folder holds `audit.jsonl`, one JSON object a line; closed files of the same chain, from when they became
large; and `audit.head`. `files` and `seal` describe how they are made, `chain` and `verify` check them, `append_lock`,
`tail`, `torn_append`, `writer` and `record` write them. Two events are the record's own, see `own_events`; what the
others mean is in `rolesync.history.events`.
"""
