"""The resources that a user consists of, and the order in which they are made. It knows inputs and what is below."""
