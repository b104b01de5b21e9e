#!/usr/bin/env bash
# The story of docs/mcp.md, told by the command line of the MCP inspector (npm: @modelcontextprotocol/inspector 0.22.0).
#
#   docs/mcp/inspector.sh stdio PROGRAM            over standard input and output, each call a process of its own
#   docs/mcp/inspector.sh http URL KEY BOUND OTHER   over HTTP; OTHER is the id of a project that the key BOUND may not see
set -euo pipefail

kind=$1
shift
inspector=(npx --yes @modelcontextprotocol/inspector@0.22.0 --cli)
if [ "$kind" = stdio ]; then
  server=("$1" mcp)
  headers=()
else
  server=("$1" --transport http)
  headers=(--header "X-API-Key: $2")
fi

# The text that an agent reads, and whether the call failed.
read -r -d '' shown <<'PYTHON' || true
import json, sys
said = json.load(sys.stdin)
print("\n".join("    " + line for block in said["content"] for line in block["text"].rstrip().splitlines()))
sys.exit(1 if said.get("isError") else 0)
PYTHON

call() {
  local name=$1
  shift
  echo ">>> $name $*"
  local arguments=()
  for argument in "$@"; do arguments+=(--tool-arg "$argument"); done
  "${inspector[@]}" "${server[@]}" --method tools/call --tool-name "$name" "${arguments[@]}" "${headers[@]}" | python3 -c "$shown"
}

refused() {
  local what=$1
  shift
  if said=$("${inspector[@]}" "${server[@]}" --method tools/list "$@" 2>&1); then
    echo "not refused $what" >&2
    exit 1
  fi
  echo "refused $what: $(grep -o '"detail":"[^"]*"\|"message":"[^"]*"' <<<"$said" | head -1)"
}

"${inspector[@]}" "${server[@]}" --method tools/list "${headers[@]}" |
  python3 -c 'import json, sys; print("tools: " + ", ".join(tool["name"] for tool in json.load(sys.stdin)["tools"]))'
call projects create=webshop
call remember project=webshop type=error key=payment-reset \
  'value=ConnectionResetError: Connection reset by peer while charging card'
call remember project=webshop type=solution key=payment-reset-fix solves=payment-reset \
  'value=Keep connections to the provider for less than its 60 s, and retry once.'
call recall project=webshop 'query=customers cannot pay, the card is not charged'
call context project=webshop 'query=ConnectionResetError: Connection reset by peer while charging card'
call forget project=webshop key=payment-reset
call forget project=webshop key=payment-reset-fix
call forget project=webshop key=payment-reset || echo "    (failed, as it should)"
if [ "$kind" = http ]; then
  headers=(--header "X-API-Key: $3")
  call recall "project=$4" 'query=anything' || echo "    (failed, as it should)"
  headers=(--header "X-API-Key: $2")
  refused "without a key"
  refused "with a wrong key" --header "X-API-Key: ${2%?}x"
  refused "with a wrong origin" "${headers[@]}" --header "Origin: https://evil.example"
fi
echo "the story is told"
