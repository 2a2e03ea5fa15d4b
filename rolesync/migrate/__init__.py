"""Any spreadsheet → a clean list of desired roles, with an account of every cell.

`recipe` defines the meaning of columns, and `layout` finds them in a table's header. `convert` reads the rows, `merge`
makes one list of several tables, and `ledger` holds the outcome of every cell. `migrate` runs these steps.
"""
