"""Every user of a stack, every stack of a project or of a list: what they are, side by side."""
