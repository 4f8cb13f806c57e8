#!/usr/bin/env bash
# Prints the program that runs cert-manager's controllers, building it first where it is missing: about 6 minutes of two
# cores, once. It is kept outside the checkout, under a name made from its sources and modules.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=${DIGICERT_OPERATOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/digicert-operator}/cert-manager
program=$cache/cert-manager-$(cat go.mod go.sum main.go | sha256sum | cut -c1-16)

if [ ! -x "$program" ]; then
  export PATH="$PATH:/usr/local/go/bin"
  command -v go >/dev/null || {
    echo "cert-manager: needs Go 1.26 or newer to be built once: install it from https://go.dev/dl/" >&2
    exit 1
  }
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  if [ ! -x "$program" ]; then
    started=$SECONDS
    echo "cert-manager: building once, into $program" >&2
    go build -trimpath -ldflags '-s -w' -o "$program.part" . >&2
    mv "$program.part" "$program"
    echo "cert-manager: built in $((SECONDS - started)) s" >&2
  fi
fi
echo "$program"
