#!/usr/bin/env bash
# Puts Debian's nginx into a private prefix: installed as a package it would start as a service.
set -euo pipefail

prefix="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/estragon/nginx}"
[ ! -x "$prefix/usr/sbin/nginx" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
fetch() { (cd "$work" && apt-get -q -o APT::Sandbox::User=root download nginx); }
fetch || { # the package lists are missing or out of date
  apt-get -q update
  fetch
}
mkdir -p "$prefix"
dpkg -x "$work"/nginx_*.deb "$prefix"
"$prefix/usr/sbin/nginx" -v
