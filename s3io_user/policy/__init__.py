"""What an access preset allows, and how a document is packed into policies."""
