"""The stand-in for Pulumi's AWS provider. It calls an AWS endpoint with boto3, and refuses what it does not serve.

server    the process that the engine starts: gRPC, signals, errors as one sentence
stand_in  check, diff, create, read, update, delete and invoke, the same for every resource
table     a row for each resource: names, defaults, replacements, secrets, checks and functions (row: their shapes)
users, policies, buckets, bucket_settings, vaults   those functions: the calls to AWS of each resource
lookups   the functions that a program may call
inputs, state, schema              what Check, Diff and previews derive from a row
checks, documents, pgp, values     helpers that don't use AWS
aws       clients by the provider's settings, and AWS's errors in the real provider's words
"""
