"""Any spreadsheet → a clean desired-roles list, with an account of every cell.

The way of the data: `recipe` (which columns mean what) → `source` (files → tables) → `convert` (rows → assignments, and
what became of each cell) → `merge` (several tables → one list) → `account` (cells, totals, as table and workbook).
"""

from rolesync.migrate.account import Account, Fate
from rolesync.migrate.recipe import Condition, Recipe
from rolesync.migrate.run import Migration, migrate

__all__ = ["Account", "Condition", "Fate", "Migration", "Recipe", "migrate"]
