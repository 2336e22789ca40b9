#!/bin/sh
# The new key for a service that reads an environment file, and reads it again when it is reloaded:
#     s3io-user rotate --deliver 'examples/deliver/file.sh /etc/site/s3.env site.service'
# The file is complete whenever somebody reads it, and only its owner can.
set -eu
file=$1 service=$2
umask 077
jq -er '"AWS_ACCESS_KEY_ID=\(.accessKeyId)", "AWS_SECRET_ACCESS_KEY=\(.secretAccessKey)"' >"$file.new"
mv "$file.new" "$file"
systemctl reload "$service"
