# shellcheck shell=sh disable=SC2034
# Set-up shared by the quick start and the tests. Sourced by sh, from the repository's root.
# Everything here is idempotent, and silent about what is already there, so that the second run needs no network.

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages LIST: installs the Debian packages of a list with one "package: what it is for" on each line.
need_packages() {
  command -v dpkg-query >/dev/null 2>&1 ||
    die "This set-up is written for Debian and Ubuntu. Elsewhere, install what docs/install.md lists, then run lkit itself."
  missing=''
  while IFS=: read -r package reason; do
    [ -n "$package" ] || continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] && continue
    [ -n "$missing" ] || say "Installing Debian packages:"
    say "  $package:$reason"
    missing="$missing $package"
  done <<LIST
$1
LIST
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 || die "Installing packages needs root, and sudo is not here. Run this as root."
  # shellcheck disable=SC2086 # one word for each package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null 2>&1 || {
    as_root apt-get -qq update
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null
  }
}

need_node() {
  command -v node >/dev/null 2>&1 || die "lkit needs Node.js 20.19 or newer, and there is no node here."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "lkit needs Node.js 20.19 or newer; this is $(node --version)."
}

# Installs the npm packages that package-lock.json names, when it has changed since the last time.
need_npm_packages() {
  lock=$(sha256sum package-lock.json | cut -c1-64)
  [ "$(cat node_modules/.lkit-lock 2>/dev/null)" = "$lock" ] && return 0
  say "Installing npm packages (package-lock.json): the libraries lkit uses and its compiler"
  npm ci --no-audit --no-fund --loglevel=error
  printf '%s\n' "$lock" >node_modules/.lkit-lock
}

# Compiles cmd/ and pkg/ into dist/, when a source is newer than the last result.
need_compiled() {
  if [ -f dist/.compiled ]; then
    [ -n "$(find cmd pkg schemas scripts/bundle.ts scripts/code-cache.ts scripts/save-code.cjs tsconfig.json tsconfig.build.json package-lock.json -newer dist/.compiled -print 2>/dev/null | head -n 1)" ] || return 0
  fi
  say "Compiling lkit"
  npm run --silent compile
  touch dist/.compiled
}

# What `lkit build` and `lkit run qemu` start on this host.
lkit_packages='qemu-system-x86: runs the machine
squashfs-tools: packs container images
kmod: indexes kernel modules
xz-utils: decompresses the kernel
ca-certificates: verifies downloads'
