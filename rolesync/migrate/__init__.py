"""Any spreadsheet → a clean desired-roles list, with an account of every cell.

The way of the data: `recipe` (which columns mean what) → `source` (files → tables) → `convert` (rows → assignments, and
what became of each cell) → `merge` (several tables → one list) → `account` (cells, totals, as table and workbook).
"""
