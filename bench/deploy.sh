#!/usr/bin/env bash
# What teams copy from each other: docker, the aws CLI and a waiter. The peer in `nox -s bench`.
# It does the same job against the same endpoint, as such scripts do it: everything, every time.
# Needs: DOCKER (the client) ENDPOINT REGISTRY REPOSITORY CLUSTER SERVICE FAMILY CONTEXT; BUILD_OPTIONS (optional).
set -euo pipefail
read -ra build_options <<<"${BUILD_OPTIONS:-}"
aws=(aws --endpoint-url "$ENDPOINT" --region us-east-1 --output json)
tag="release-$(date +%s%N)"
image="$REGISTRY/$REPOSITORY:$tag"

"${aws[@]}" ecr get-login-password |
  "$DOCKER" login --username AWS --password-stdin "$REGISTRY"
"$DOCKER" build "${build_options[@]}" -t "$image" "$CONTEXT"
"$DOCKER" push "$image"

"${aws[@]}" ecs describe-task-definition --task-definition "$FAMILY" --query taskDefinition |
  python3 -c '
import json, sys
definition = json.load(sys.stdin)
for added in ("taskDefinitionArn", "revision", "status", "requiresAttributes",
              "compatibilities", "registeredAt", "registeredBy"):
    definition.pop(added, None)
definition["containerDefinitions"][0]["image"] = sys.argv[1]
json.dump(definition, open(sys.argv[2], "w"))' "$image" "$PWD/definition.json"
revision=$("${aws[@]}" ecs register-task-definition --cli-input-json file://definition.json \
  --query taskDefinition.taskDefinitionArn | tr -d '"')
"${aws[@]}" ecs update-service --cluster "$CLUSTER" --service "$SERVICE" \
  --task-definition "$revision" >update.json
"${aws[@]}" ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"
