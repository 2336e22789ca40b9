"""Lists and examines the users of many stacks, several stacks at a time."""
