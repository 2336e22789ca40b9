"""The inputs: their types, checks and config keys, and the policies that they lead to."""
