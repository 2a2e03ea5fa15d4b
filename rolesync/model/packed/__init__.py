"""A million texts and keys in arrays of bytes and numbers, without an object for each."""
