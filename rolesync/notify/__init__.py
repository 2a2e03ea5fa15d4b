"""Reports how a command ended: by mail, chat, webhook, ping or command, and as metrics.

Reporting begins after the record is closed, takes a bounded time, and never changes an exit code.
"""
