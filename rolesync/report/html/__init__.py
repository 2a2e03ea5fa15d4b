"""The HTML page of a plan or a run."""
