"""A review on a page: the session with its decisions, and the server of the page, for one reviewer on this machine."""
