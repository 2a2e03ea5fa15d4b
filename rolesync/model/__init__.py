"""The values that the rooms exchange: frames for many rows, frozen dataclasses for few values."""
