"""Live, by the fewest searches, and proven complete: see `reading`."""

from rolesync.live.reading import READS, look, roles_now, roles_of_each

__all__ = ["READS", "look", "roles_now", "roles_of_each"]
