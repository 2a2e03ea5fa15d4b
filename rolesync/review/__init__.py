"""The decisions of a reviewer: filled into a table (`sheet`), or made on a served page (`page`)."""
