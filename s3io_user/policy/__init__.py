"""What a preset allows, and how a policy document is packed. It knows iam."""
