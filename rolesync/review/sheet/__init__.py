"""A filled-in table of a plan → the reviewer's decisions, or everything that is wrong with it.

The table is what `show PLAN --xlsx` or `--csv` wrote, with words in its columns `decision` and `decision_reason`, saved
by whatever program. Each of its rows must be one of the plan's and each of the plan's must be there once, in any order,
otherwise unchanged: a row that is gone, or that somebody has typed over, could be a decision that nobody would see. The
same holds for what is written into another sheet; those of the plan may be sorted, cut and taken out.
"""
