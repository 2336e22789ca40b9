#!/bin/sh
# The new key for WordPress on another machine, over ssh, with WP-CLI:
#     s3io-user rotate --deliver 'examples/deliver/wordpress.sh site@example.com /var/www/site'
# The secret goes through standard input all the way: in an argument every user of that machine could read it. Both
# constants are written to a copy, which then takes the place of wp-config.php, so that no request sees half a key.
set -eu
host=$1 folder=$2
key=$(cat)
id=$(printf '%s\n' "$key" | jq -er .accessKeyId)
secret=$(printf '%s\n' "$key" | jq -er .secretAccessKey)
printf '%s\n' "$secret" | ssh -o BatchMode=yes "$host" "set -eu; umask 077
    cd '$folder'
    cp -p wp-config.php wp-config.new.php
    wp config set DBI_AWS_SECRET_ACCESS_KEY --type=constant --config-file=wp-config.new.php --prompt --quiet >/dev/null
    wp config set DBI_AWS_ACCESS_KEY_ID '$id' --type=constant --config-file=wp-config.new.php --quiet </dev/null
    mv wp-config.new.php wp-config.php"
