#!/bin/sh
# usage: dated-sources.sh DATE FOLDER [APT-OPTION...]     DATE as in 20260803T000000Z
#
# Writes into FOLDER the apt sources of the dated archive of Debian packages: those of this base, with the address that
# official images hold in a comment beside the mirror's, at DATE. That is how no address stands here. Exit code 1, and no
# file, where no comment names one. The archive leads from any time to what it took in last before it.
set -eu
date=$1
folder=$2
shift 2
eval "$(apt-config "$@" shell sources Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"

# shellcheck disable=SC2154  # eval sets both
# One line each:  # deb http://.../archive/debian/20260803T000000Z bookworm main
for file in "$sources" "$parts"*.list; do
    [ ! -f "$file" ] || sed -n "s|^# *\(deb .*/\)[0-9]\{8\}T[0-9]\{6\}Z|\1$date|p" "$file"
done >"$folder/dated.list"

# Paragraphs:  Types: deb / # http://.../archive/debian/20260803T000000Z / URIs: http://... / ...
for file in "$parts"*.sources; do
    [ ! -f "$file" ] || awk -v date="$date" 'BEGIN {RS = ""; ORS = "\n\n"}
        match($0, /# *[a-z]+:[^ \n]*\/[0-9]+T[0-9]+Z/) {
            address = substr($0, RSTART, RLENGTH)
            sub(/# */, "", address)
            sub(/[0-9]+T[0-9]+Z/, date, address)
            sub(/URIs:[^\n]*/, "URIs: " address)
            print
        }' "$file"
done >"$folder/dated.sources"

for file in "$folder/dated.list" "$folder/dated.sources"; do
    [ -s "$file" ] || rm "$file"
done
[ -n "$(ls "$folder")" ]
