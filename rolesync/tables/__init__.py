"""Bytes → rows of text cells: file type, encoding, CSV, workbooks. Knows nothing of roles."""
