"""The story of each command, one file each: read → compare → guard → plan → apply → prove.

`context` holds what every command works with, `connect` turns settings into a client, a token and an address. Only
`apply` and `sync` use a client that can write.
"""
