#!/usr/bin/env bash
# Installs the engines that the tests drive: on Debian as root, from the machine's own apt;
# elsewhere it says what is missing and how to get it. Does nothing when all are there.
set -euo pipefail

# variable | names on PATH | Debian package (the same list as test/support/engines.ts)
engines=(
  'CHROMIUM|chromium chromium-browser google-chrome|chromium'
  'GODOT32|godot3-server|godot3-server'
)

present() { # present VARIABLE NAME...
  local path="${!1:-}" name
  [ -n "$path" ] && [ -x "$path" ] && return 0
  for name in "${@:2}"; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

packages=() hints=()
for engine in "${engines[@]}"; do
  IFS='|' read -r variable names package <<<"$engine"
  # shellcheck disable=SC2086 # names are words
  if ! present "$variable" $names; then
    packages+=("$package")
    hints+=("  $names: install it, or set $variable to its path (Debian package: $package)")
  fi
done
if [ ${#packages[@]} -eq 0 ]; then
  echo 'engines: all there'
  exit 0
fi

distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-}") || distribution=
if [ "$distribution" != debian ] || [ "$(id -u)" -ne 0 ]; then
  echo 'engines: missing, and the tests that need them are skipped (with CI=true they fail):'
  printf '%s\n' "${hints[@]}"
  exit 0
fi

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "${packages[@]}" </dev/null
}

echo "engines: installing ${packages[*]}"
install || { # the package lists are missing or out of date
  apt-get -q update
  install
}
