#!/usr/bin/env bash
# Makes the checkout ready: says what is missing in one line each, and installs what npm and, as root on Debian, apt can.
#
#   scripts/setup.sh          for the checks and the tests, which read certificates and keystores with openssl and keytool,
#                             move the clock of the operator with libfaketime, run its image with bubblewrap, and read
#                             its figures with Prometheus
#   scripts/setup.sh demo     nginx, which the demo shows the certificate with, in place of the last three
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "setup: $*" >&2
  exit 1
}

require_node() {
  command -v node >/dev/null || die "needs Node.js 20 or newer: https://nodejs.org/en/download"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "needs Node.js 20 or newer, found $(node --version): https://nodejs.org/en/download"
  command -v npm >/dev/null || die "needs npm, which comes with Node.js: https://nodejs.org/en/download"
}

# Go builds the programs of the control plane once. It is not needed where they are brought along or built already.
require_go() {
  [ -z "${KUBEBUILDER_ASSETS:-}" ] || return 0
  command -v go >/dev/null || [ -x "$(scripts/control-plane.sh 2>/dev/null || true)/kube-apiserver" ] ||
    die "needs Go 1.26 or newer to build the control plane once: https://go.dev/dl/ (or set KUBEBUILDER_ASSETS)"
}

# `npm ci` costs half a minute, so it runs only when the lock file is another than the installed one.
install_modules() {
  local stamp=node_modules/.installed-lock
  cmp -s package-lock.json "$stamp" && return 0
  echo "setup: npm ci" >&2
  npm ci --no-progress --loglevel=error >&2 || die "npm ci failed; its message is above"
  cp package-lock.json "$stamp"
}

require_runtime() {
  local version
  version=$(PATH="$PWD/node_modules/.bin:$PATH" node --version)
  case "$version" in
    v2[2-9].* | v[3-9][0-9].*) ;;
    *) die "the Node.js of node_modules is $version, wanted 22.19 or newer: remove node_modules and run make setup" ;;
  esac
}

# A library, and no program on the PATH; where test/support/moved-clock.ts looks for it as well.
has_faketime() {
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || compgen -G '/usr/lib*/faketime/libfaketime.so.1' >/dev/null
}

# Prints the Debian packages whose programs are missing.
missing_packages() {
  command -v openssl >/dev/null || echo openssl
  command -v keytool >/dev/null || echo default-jre-headless
  if [ "$1" = demo ]; then
    PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || echo nginx-light
  else
    has_faketime || echo libfaketime
    command -v bwrap >/dev/null || echo bubblewrap
    command -v promtool >/dev/null || echo prometheus
  fi
}

install_programs() {
  local packages
  mapfile -t packages < <(missing_packages "$1")
  [ ${#packages[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "setup: apt-get install ${packages[*]}" >&2
    apt_install "${packages[@]}" || die "apt-get could not install ${packages[*]}; its messages are above"
  else
    die "needs ${packages[*]}: install with your package manager, on Debian: sudo apt-get install ${packages[*]}"
  fi
}

apt_install() {
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  # Some packages start a server for everybody, which nobody asked for.
  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
    systemctl disable --quiet --now nginx prometheus prometheus-node-exporter >&2 2>/dev/null || true
  fi
}

require_node
install_modules
require_runtime
require_go
install_programs "${1:-}"
