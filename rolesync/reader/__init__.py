"""Files → `Desired`, with findings."""

from rolesync.reader.desired import read_desired

__all__ = ["read_desired"]
