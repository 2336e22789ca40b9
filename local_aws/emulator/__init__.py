"""The embedded AWS itself: MiniStack in one process, behind a gate, and with what it lacks of AWS.

It runs in an environment of its own (``local_aws.environment``), so nothing here imports the product, Pulumi or boto3.
MiniStack is pinned to one version: what is changed here is reached by the names of its functions.
"""
