"""Keep the roles of Canvas Studio users equal to a list people keep in a CSV or spreadsheet."""

__version__ = "0.1.0"
