"""The texts, facts and tables of plans and runs, described once for all forms."""
