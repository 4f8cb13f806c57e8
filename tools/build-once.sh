# For `source`. What is built of a module of its own is kept outside the checkout, under a name made from its sources.

# build_once <tool> <name> <directory> <source>...: prints the program of the Go package in that directory, and builds it
# first where it is missing. Two that want it at once wait for each other.
build_once() {
  local tool=$1 name=$2 directory=$3 cache program started
  shift 3
  cache=${DIGICERT_OPERATOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/digicert-operator}/$tool
  program=$cache/$name-$(cat "$@" | sha256sum | cut -c1-16)
  if [ ! -x "$program" ]; then
    export PATH="$PATH:/usr/local/go/bin"
    command -v go >/dev/null || {
      echo "$tool: needs Go 1.26 or newer to build $name once: install it from https://go.dev/dl/" >&2
      return 1
    }
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    if [ ! -x "$program" ]; then
      started=$SECONDS
      echo "$tool: building $name once, into $program" >&2
      (cd "$directory" && go build -trimpath -ldflags '-s -w' -o "$program.part" .) >&2
      mv "$program.part" "$program"
      echo "$tool: $name built in $((SECONDS - started)) s" >&2
    fi
  fi
  echo "$program"
}
