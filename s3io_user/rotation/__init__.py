"""A rotation: its steps, and how far one is."""
