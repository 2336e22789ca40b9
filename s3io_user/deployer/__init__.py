"""The least policy of whoever runs pulumi up."""
