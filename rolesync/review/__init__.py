"""A reviewer's decisions: in a table (`sheet`) or on a served page (`page`)."""
