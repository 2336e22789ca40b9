"""What is tried with a key, and the verdict."""
