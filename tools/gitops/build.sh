#!/usr/bin/env bash
# Prints the program that runs Argo CD's scripts and kstatus on objects (package ask), building it first where it is missing.
#
#   tools/gitops/build.sh           with the Lua library that Argo CD uses; half a minute of a processor, once
#   tools/gitops/build.sh argocd    with Argo CD's own evaluator; 1,400 packages, some minutes, once
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../build-once.sh

engine=${1:-lua}
case "$engine" in
  lua) sources=(go.mod go.sum main.go ask/*.go) directory=. ;;
  argocd) sources=(argocd/go.mod argocd/go.sum argocd/main.go ask/*.go) directory=argocd ;;
  *)
    echo "gitops: '$engine' is none of lua, argocd" >&2
    exit 1
    ;;
esac

build_once gitops "$engine" "$directory" "${sources[@]}"
