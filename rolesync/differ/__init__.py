"""Compares desired with live: changes, what is held, what undo takes back, and drift. Pure."""
