"""OAuth: log in, refresh, and keep the tokens."""
