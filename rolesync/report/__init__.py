"""Plans, runs, lists and history as people and programs want to see them.

Nothing here prints or reads a file of the user's: each form is returned as a string, as bytes, or as something that
rich can draw. Names, addresses, roles and messages come from Studio or from the list, so each form escapes them.
"""
