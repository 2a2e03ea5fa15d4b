"""Any spreadsheet → a clean list of desired roles, with an account of every cell.

`recipe` says which columns mean what, `layout` finds them in a table's header, `convert` reads the rows, `merge` makes
one list of several tables, and `ledger` holds the outcome of every cell. `migrate` runs these steps.
"""
