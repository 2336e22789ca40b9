"""The steps of a release, as the workflow takes them: each runs on any machine, and publishes nothing."""
