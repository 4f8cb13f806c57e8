#!/usr/bin/env bash
# Prints the directory that holds the named control-plane programs, building them first where they are missing.
#
#   scripts/control-plane.sh kube-apiserver etcd kubectl kube-controller-manager
#
# The programs come from the Go modules pinned in tools/go.mod. They are kept outside the checkout, under a name made
# from the pinned modules and the linker's flags, so that a change of either builds anew and nothing else does.
# Progress goes to stderr; the directory is the only line on stdout.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${DIGICERT_OPERATOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/digicert-operator}

# A server that was not told its version at link time says v0.0.0, which kubectl and Helm refuse to work with.
version=$(sed -n 's|^.*k8s.io/kubernetes \(v[0-9.]*\).*$|\1|p' "$root/tools/go.mod" | head -n 1)
major=$(cut -d. -f1 <<<"${version#v}")
minor=$(cut -d. -f2 <<<"${version#v}")
ldflags="-s -w"
for pkg in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  ldflags+=" -X $pkg.gitVersion=$version -X $pkg.gitMajor=$major -X $pkg.gitMinor=$minor -X $pkg.gitTreeState=clean"
done
hash=$({ cat "$root/tools/go.mod" "$root/tools/go.sum"; echo "$ldflags"; } | sha256sum | cut -c1-16)
bin=$cache/control-plane/$hash

package_of() {
  case "$1" in
    kube-apiserver | kube-controller-manager | kubectl) echo "k8s.io/kubernetes/cmd/$1" ;;
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    helm) echo helm.sh/helm/v4/cmd/helm ;;
    *)
      echo "control-plane: '$1' is none of kube-apiserver, kube-controller-manager, kubectl, etcd, helm" >&2
      exit 1
      ;;
  esac
}

missing=()
for program in "$@"; do
  package_of "$program" >/dev/null
  [ -x "$bin/$program" ] || missing+=("$program")
done

if [ ${#missing[@]} -gt 0 ]; then
  command -v go >/dev/null || {
    echo "control-plane: needs Go 1.26 or newer to build ${missing[*]}: install it from https://go.dev/dl/, or set KUBEBUILDER_ASSETS to a directory that has them" >&2
    exit 1
  }
  mkdir -p "$bin"
  exec 9>"$cache/control-plane/lock"
  flock 9
  echo "control-plane: building ${missing[*]} ($version) once, into $bin; 10 to 15 minutes on two cores for all of them" >&2
  cd "$root/tools"
  for program in "${missing[@]}"; do
    [ -x "$bin/$program" ] && continue
    started=$SECONDS
    package=$(package_of "$program")
    total=$(go list -deps "$package" 2>/dev/null | wc -l)
    # `go build -v` names each package as it is compiled; every 100th becomes a line of progress.
    go build -v -trimpath -ldflags "$ldflags" -o "$bin/$program.part" "$package" 2> >(
      awk -v name="$program" -v total="$total" '
        /^[A-Za-z0-9.\/_-]+$/ { if (++n % 100 == 0) { printf "control-plane: %s, %d of at most %d packages\n", name, n, total; fflush() }; next }
        { print; fflush() }' >&2
    )
    mv "$bin/$program.part" "$bin/$program"
    echo "control-plane: $program built in $((SECONDS - started)) s" >&2
  done
fi
echo "$bin"
