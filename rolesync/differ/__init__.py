"""Compares desired with live: changes, held changes, the changes of an undo, and drift. Pure."""
