"""Applies a plan: the only package that writes to Studio; it also proves the result."""
