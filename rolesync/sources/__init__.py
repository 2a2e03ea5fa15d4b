"""Where a list is, other than in a file of this machine → a private copy of it here."""
