"""A million texts in arrays of bytes and numbers, without a Python object for each."""
