#!/usr/bin/env bash
# Installs the engines that the tests drive: on Debian as root, from the machine's own apt;
# elsewhere it says what is missing and how to get it. Does nothing when all are there.
set -euo pipefail

# variable | names on PATH | Debian packages (the same list as test/support/engines.ts)
engines=(
  'CHROMIUM|chromium chromium-browser google-chrome|chromium'
  'GODOT32|godot3-server|godot3-server'
  'XVFB|Xvfb|xvfb libgl1-mesa-dri'
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
  IFS='|' read -r variable names debian <<<"$engine"
  # shellcheck disable=SC2086,SC2206 # names and packages are words
  if ! present "$variable" $names; then
    packages+=($debian)
    hints+=("  $names: install it, or set $variable to its path (Debian packages: $debian)")
  fi
done
# Godot 4.6 and 3.6, which Debian 12 has too old, go into a private prefix.
here="$(dirname "${BASH_SOURCE[0]}")"
prefix="${XDG_CACHE_HOME:-$HOME/.cache}/estragon/godot/bin"
godots=()
PATH="$PATH:$prefix" present GODOT4 godot4 godot || godots+=(GODOT4)
PATH="$PATH:$prefix" present GODOT3 godot3 godot3-headless || godots+=(GODOT3)
[ ${#godots[@]} -eq 0 ] || hints+=("  Godot 4.6 and 3.6: set ${godots[*]} to their paths")

# nginx, which the test of the proxy runs, goes into one as well.
nginx="${XDG_CACHE_HOME:-$HOME/.cache}/estragon/nginx/usr/sbin"
proxies=()
PATH="$PATH:/usr/sbin:$nginx" present NGINX nginx || proxies+=(NGINX)
[ ${#proxies[@]} -eq 0 ] || hints+=('  nginx: install it, or set NGINX to its path')

# The engine of web exports comes from npm, on any machine.
[ -n "${GODOT_WEB:-}" ] || bash "$here/web.sh" ||
  hints+=("  the engine of Godot 4.6's web export: set GODOT_WEB to its template's folder, unpacked")

if [ ${#packages[@]} -eq 0 ] && [ ${#godots[@]} -eq 0 ] && [ ${#proxies[@]} -eq 0 ]; then
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

if [ ${#packages[@]} -gt 0 ]; then
  echo "engines: installing ${packages[*]}"
  install || { # the package lists are missing or out of date
    apt-get -q update
    install
  }
fi
[ ${#godots[@]} -eq 0 ] || bash "$here/godot.sh"
[ ${#proxies[@]} -eq 0 ] || bash "$here/nginx.sh"
