"""Many accounts in one command: the fleet file, workers, stages with a breaker, guards, and a journal to resume from.

Each account keeps its own record, lock and plan; the workflows of a single account handle it. This package only decides
which account is next, in which process, and when to stop.
"""
