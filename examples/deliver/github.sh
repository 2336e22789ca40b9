#!/bin/sh
# The new key for the secrets of a GitHub repository, which its workflows read:
#     s3io-user rotate --deliver 'examples/deliver/github.sh example/site'
set -eu
lines=$(jq -er '"AWS_ACCESS_KEY_ID=\(.accessKeyId)", "AWS_SECRET_ACCESS_KEY=\(.secretAccessKey)"')
printf '%s\n' "$lines" | gh secret set --env-file - --repo "$1"
