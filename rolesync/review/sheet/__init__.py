"""A filled-in table of a plan → the reviewer's decisions, or all problems of the table.

The table is what `show PLAN --xlsx` or `--csv` wrote, with words in its columns `decision` and `decision_reason`, saved
by any program. Rows may be in any order, but each row of the plan must appear once and unchanged: a missing or edited
row could hide a decision. A note in another sheet could also hide one, so it is refused. The other sheets of the plan
may be sorted, cut or removed.
"""
