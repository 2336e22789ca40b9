"""The stand-in for Pulumi's aws provider: it speaks boto3 to an AWS endpoint, and refuses what it does not know.

server    the process that the engine starts: gRPC, signals, errors as one sentence
stand_in  check, diff, create, read, update, delete and invoke, the same for every resource
table     one row a resource: names, defaults, replacements, secrets, checks, and its functions (row: their shapes)
users, policies, buckets, vaults   those functions: the calls to AWS that differ from row to row
lookups   the functions that a program may invoke
inputs, state, schema              what Check, Diff and previews make of a row
checks, documents, pgp, values     helpers that know no AWS
aws       configuration → clients, AWS's errors → the real provider's sentences
"""
