"""Rows of text cells → `Desired`: which user is to have which role, with findings."""
