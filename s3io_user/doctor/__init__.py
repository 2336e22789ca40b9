"""What stands in the way of an update, and what one left behind."""
