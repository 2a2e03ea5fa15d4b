"""Builds the plan: order, guards, approval, digest, and its file."""
