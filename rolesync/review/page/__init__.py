"""A review on a page: the decisions as they are made, and the server of the page, for one reviewer on this machine."""
