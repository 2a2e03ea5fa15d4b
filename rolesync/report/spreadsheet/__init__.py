"""Plans, runs and migrations as CSV and as workbooks."""
