"""How settings are read: their sources, whom these belong to, what values must look like, and words for mistakes."""
