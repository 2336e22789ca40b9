#!/bin/sh
# The new key for a Secret of Kubernetes, and new pods for the deployment that reads it:
#     s3io-user rotate --deliver 'examples/deliver/kubernetes.sh s3-key deployment/site'
# Server-side, because a plain `kubectl apply` keeps a copy of the secret in an annotation. Without a second argument
# nothing is restarted: a Secret that is mounted as files reaches the pods by itself.
set -eu
secret=$1 workload=${2:-}
manifest=$(jq -e --arg name "$secret" '{
  apiVersion: "v1", kind: "Secret", metadata: {name: $name}, type: "Opaque",
  stringData: {AWS_ACCESS_KEY_ID: .accessKeyId, AWS_SECRET_ACCESS_KEY: .secretAccessKey}
}')
printf '%s\n' "$manifest" | kubectl apply --server-side --field-manager=s3io-user --force-conflicts -f -
if [ -n "$workload" ]; then kubectl rollout restart "$workload"; fi
