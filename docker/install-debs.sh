#!/bin/sh
# usage: install-debs.sh LAYER     (in a Dockerfile; /downloads/debs, or DEBS, holds debs.txt and the packages it names)
#
# Installs one layer of system packages, each compared with its sha256 first, and leaves no log or cache: their times
# would make every build another image.
set -eu
layer=$1
debs=${DEBS:-/downloads/debs}
cd "$debs"
sums=$(mktemp)

awk -v layer="$layer" '$1 == layer {print $3 "  " $4}' debs.txt >"$sums"
[ -s "$sums" ] || { echo "install-debs: debs.txt names no package for $layer" >&2; exit 1; }
sha256sum --quiet --check "$sums"

# No package source but these files.
# shellcheck disable=SC2046  # file names without spaces
DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends \
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root \
    $(awk -v debs="$debs" '{print debs "/" $2}' "$sums") >/dev/null

rm -rf "$sums" /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb \
    /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old \
    /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
