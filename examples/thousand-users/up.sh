#!/bin/sh
# Update every stack, or those that you name, four at a time: AT_ONCE=8 sh up.sh
# A stack that fails ends no other one. The exit code is 1 if any failed. What each printed is in logs/.
set -u
mkdir -p logs
[ $# -gt 0 ] || set -- $(python3 stacks.py list)
[ $# -gt 0 ] || { echo "there are no stacks: run python3 stacks.py assign" >&2; exit 1; }
printf '%s\n' "$@" | xargs -P "${AT_ONCE:-4}" -I STACK sh -c '
  if pulumi up --yes --skip-preview --suppress-outputs --non-interactive --stack STACK >logs/STACK.log 2>&1
  then echo "STACK: up to date"
  else echo "STACK: failed: see logs/STACK.log"; exit 1
  fi' || exit 1
