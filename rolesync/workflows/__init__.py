"""What each command does, one file a command: read → compare → guard → plan → apply → prove.

`context` holds what every command works with. `connect` turns settings into a client, a token, a record and a lock.
Only `apply` and `sync` use a client that can write to Studio.
"""
