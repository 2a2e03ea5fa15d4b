"""CSV and workbooks of plans, runs and migrations."""
