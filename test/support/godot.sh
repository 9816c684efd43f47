#!/usr/bin/env bash
# Puts Godot 4.6 and 3.6 of Debian testing into a private prefix and leaves a launcher for each
# (godot4, godot3) in PREFIX/bin. They need a newer libc than Debian 12 has, so nothing of the
# machine's own is touched: own package lists, own (empty) dpkg status, own loader.
set -euo pipefail

prefix="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/estragon/godot}"
suite=forky
packages=(godot godot3-server)

if [ -x "$prefix/bin/godot4" ] && [ -x "$prefix/bin/godot3" ]; then
  echo "engines: Godot 4.6 and 3.6 are in $prefix"
  exit 0
fi
[ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ] || {
  echo 'engines: Godot 4.6 and 3.6 are installed by this script on Debian only; elsewhere set GODOT4 and GODOT3'
  exit 0
}

# The machine's own mirror, wherever its apt reads it from.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(SUITE)' 2>/dev/null |
  awk '$2 == "Debian" && $1 ~ /\/debian\/?$/ { print $1; exit }')
[ -n "$mirror" ] || mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  grep -v '^ *#' | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -n 1 | tr -d ' ')
[ -n "$mirror" ] || { echo 'engines: no Debian mirror in the apt configuration' >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,etc/apt.conf.d,etc/preferences.d,root}
: >"$work/status"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
chmod 755 "$work"
apt=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "Dir::State::status=$work/status"
  -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none
  -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=true)

echo "engines: fetching Godot 4.6 and 3.6 of Debian $suite"
apt-get "${apt[@]}" update
apt-get "${apt[@]}" -y install --download-only "${packages[@]}" | tail -n 3
for package in "$work"/cache/archives/*.deb; do dpkg -x "$package" "$work/root"; done

mkdir -p "$prefix/bin"
rm -rf "$prefix/root"
mv "$work/root" "$prefix/root"
lib="$prefix/root/usr/lib/x86_64-linux-gnu"
launcher() { # launcher NAME PROGRAM
  cat >"$prefix/bin/$1" <<EOF
#!/bin/sh
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$lib/pulseaudio:/usr/lib/x86_64-linux-gnu" "$prefix/root/usr/bin/$2" "\$@"
EOF
  chmod 755 "$prefix/bin/$1"
}
launcher godot4 godot
launcher godot3 "$(cd "$prefix/root/usr/bin" && ls godot3-server godot3* 2>/dev/null | head -n 1)"
"$prefix/bin/godot4" --version
"$prefix/bin/godot3" --version
