"""Applies a plan: the only room that writes to Studio, and proves what it did."""
