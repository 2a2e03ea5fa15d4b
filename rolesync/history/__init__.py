"""What the record's events mean: runs, their effects, earlier runs, one person's past, the holders."""
