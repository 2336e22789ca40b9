"""The forms that credentials are exported in, and the files that they are written to."""
