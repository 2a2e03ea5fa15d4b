"""Files → `Desired`, with findings."""
