#!/bin/sh
# usage: download-debs.sh LOCK FOLDER [APT-OPTION...]     LOCK is locks/debs.txt or a part of it
#
# Brings the packages that LOCK names into FOLDER, each compared with its sha256. First from the mirror of the apt
# sources, which keeps only the newest versions. What it no longer has comes from the dated archive that official Debian
# images name in a comment of those sources (`# http://.../archive/debian/20260803T000000Z`), at the date of LOCK.
# Exit code 0: all there; 3: a version is nowhere to be had; 1: other bytes, or what was not reached.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$(realpath "$1")
folder=$2
shift 2
mkdir -p "$folder"
cmp -s "$lock" "$folder/debs.txt" || cp "$lock" "$folder/debs.txt"
cd "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    code=$1
    shift
    echo "download-debs: $*" >&2
    exit "$code"
}

# STATE of each package that is not here with the locked bytes: `other name=version file` or `absent name=version file`.
not_here() {
    awk '!/^#/ {print $3 "  " $4}' debs.txt | LC_ALL=C sha256sum --check --quiet 2>/dev/null >"$scratch/sums" || true
    awk 'NR == FNR {pin[$4] = $2; next}
        {file = $1; sub(/:$/, "", file)
         if (!seen[file]++) print (/FAILED open or read$/ ? "absent" : "other"), pin[file], file}' debs.txt "$scratch/sums"
}
# The packages of `STATE name=version file` lines in a sentence, five at most.
names() { awk 'NR <= 5 {printf "%s%s", between, $2; between = ", "} END {if (NR > 5) printf " and %d more", NR - 5}'; }

# patiently COMMAND...: an archive that limits rates answers 429 or 503, after which apt 2.6 does not ask again by itself,
# or takes no more connections.
patiently() {
    pause_s=1
    until "$@" 2>"$scratch/said"; do
        cat "$scratch/said" >&2
        [ $pause_s -le 64 ] && grep -Eiq ' (408|429|50[0-9]) |connect' "$scratch/said" || return 1
        echo "download-debs: asking again in $pause_s s" >&2
        sleep $pause_s
        pause_s=$((2 * pause_s))
    done
}

# offered_and_absent APT-OPTION...: downloads those of $scratch/offered that are not here.
offered_and_absent() {
    not_here | awk 'NR == FNR {offered[$0]; next} $2 in offered {print $2}' "$scratch/offered" - >"$scratch/take"
    # shellcheck disable=SC2046,SC2317  # names and versions have no spaces; called by way of $how
    [ ! -s "$scratch/take" ] || apt-get "$@" -o APT::Sandbox::User=root -qq download $(cat "$scratch/take")
}

# bring WHO HOW APT-OPTION...: downloads, patiently or (HOW is empty) at once, what is missing and offered. $failed names
# what was offered and did not come.
bring() {
    who=$1
    how=$2
    shift 2
    # shellcheck disable=SC2046
    apt-cache "$@" madison $(not_here | sed 's/^[a-z]* \([^=]*\)=.*/\1/') |
        awk -F ' *[|] *' '{sub(/^ */, "", $1); print $1 "=" $2}' >"$scratch/offered"
    $how offered_and_absent "$@" || true
    others=$(not_here | grep '^other' | names)
    if [ -n "$others" ]; then
        remove_others
        fail 1 "$who has other bytes than debs.txt for $others: do not use it"
    fi
    failed=$(not_here | awk 'NR == FNR {taken[$0]; next} $2 in taken' "$scratch/take" - | names)
}
remove_others() { not_here | sed -n 's/^other [^ ]* //p' | while read -r file; do rm "$file"; done; }

remove_others # damaged, or of another lock: fetched again
[ -n "$(not_here)" ] || exit 0

reached=yes
apt-get "$@" -qq --error-on=any update || reached=no
bring "the mirror" '' "$@"
[ -n "$(not_here)" ] || exit 0
[ -z "$failed" ] || reached=no
left=$(not_here | names)

date=$(sed -n 's/^# snapshot \([0-9]*T[0-9]*Z\)$/\1/p' debs.txt)
[ -n "$date" ] || fail 1 "the mirror no longer offers $left, and debs.txt does not say of when it is: run ci/debs write"
mkdir "$scratch/parts"
if ! sh "$here/dated-sources.sh" "$date" "$scratch/parts" "$@"; then
    [ $reached = yes ] || fail 1 "the mirror could not be read for $left: mend the network or the mirror, and try again"
    fail 3 "the mirror no longer offers $left, and the base's apt sources name no dated archive: run ci/debs write"
fi

echo "download-debs: taking $left from the dated archive of $date" >&2
mkdir -p "$scratch/lists/partial"
set -- "$@" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$scratch/parts" \
    -o Dir::State::lists="$scratch/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o Acquire::Check-Valid-Until=false # its indexes are past their date
patiently apt-get "$@" -qq --error-on=any update ||
    fail 1 "the dated archive could not be read for $left: try again later"
bring "the dated archive of $date" patiently "$@"
[ -z "$failed" ] || fail 1 "the dated archive of $date did not give $failed: try again later"
left=$(not_here | names)
[ -n "$left" ] || exit 0
[ $reached = yes ] ||
    fail 1 "the mirror could not be read, and the dated archive of $date has no $left: try again later"
fail 3 "neither the mirror nor the dated archive of $date offers $left: run ci/debs write"
