"""A stack's outputs, state and config, by the pulumi command. It knows iam."""
