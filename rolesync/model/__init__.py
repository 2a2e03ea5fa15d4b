"""The values that the packages exchange: frames for many rows, frozen dataclasses for few values."""
