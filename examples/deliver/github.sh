#!/bin/sh
# The new key for the secrets of a GitHub repository, which its workflows read:
#     s3io-user rotate --deliver 'examples/deliver/github.sh example/site'
set -eu
jq -er '"AWS_ACCESS_KEY_ID=\(.accessKeyId)", "AWS_SECRET_ACCESS_KEY=\(.secretAccessKey)"' |
    gh secret set --env-file - --repo "$1"
