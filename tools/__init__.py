"""What writes pages and pictures that must not drift from the code: `python -m tools.NAME`."""
