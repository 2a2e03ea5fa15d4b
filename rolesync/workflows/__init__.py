"""The story of each command, one file each: read, compare, guard, plan, apply, prove."""
