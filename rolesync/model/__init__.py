"""What flows between the rooms: frames for the many, frozen dataclasses for the few."""
