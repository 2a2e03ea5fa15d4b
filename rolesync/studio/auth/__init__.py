"""OAuth: first login, refresh and storage of the tokens."""
