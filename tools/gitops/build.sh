#!/usr/bin/env bash
# Prints the program that runs Argo CD's scripts and kstatus on objects (package ask), building it first where it is missing.
#
#   tools/gitops/build.sh           with the Lua library that Argo CD uses; half a minute of a processor, once
#   tools/gitops/build.sh argocd    with Argo CD's own evaluator; 1,400 packages, some minutes, once
#
# It is kept outside the checkout, under a name made from its sources and modules, so that a change of either builds anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

engine=${1:-lua}
case "$engine" in
  lua) sources=(go.mod go.sum main.go ask/*.go) directory=. ;;
  argocd) sources=(argocd/go.mod argocd/go.sum argocd/main.go ask/*.go) directory=argocd ;;
  *)
    echo "gitops: '$engine' is none of lua, argocd" >&2
    exit 1
    ;;
esac

cache=${DIGICERT_OPERATOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/digicert-operator}/gitops
program=$cache/$engine-$(cat "${sources[@]}" | sha256sum | cut -c1-16)

if [ ! -x "$program" ]; then
  export PATH="$PATH:/usr/local/go/bin"
  command -v go >/dev/null || {
    echo "gitops: needs Go 1.26 or newer to build $engine once: install it from https://go.dev/dl/" >&2
    exit 1
  }
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  if [ ! -x "$program" ]; then
    started=$SECONDS
    echo "gitops: building $engine once, into $program" >&2
    (cd "$directory" && go build -trimpath -ldflags '-s -w' -o "$program.part" .) >&2
    mv "$program.part" "$program"
    echo "gitops: $engine built in $((SECONDS - started)) s" >&2
  fi
fi
echo "$program"
