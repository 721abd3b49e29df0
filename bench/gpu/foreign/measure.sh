#!/usr/bin/env bash
# Every figure of a card on a host whose Python is not the lock's and that has no network, in nine minutes, the most
# valuable first. Takes the wheels from WHEELS (docs/gpu.md names them); leaves JSON in OUT.
#
#   WHEELS=.gpu/wheels OUT=out/card bash bench/gpu/foreign/measure.sh       TINY=1 tries all of it on a CPU
set -uo pipefail
cd "$(dirname -- "$0")/../../.."
OUT=${OUT:-$PWD/out/foreign-card}; mkdir -p "$OUT"
PY=${PY:-python3}; site=${SITE:-/tmp/avatar-site}; began=$SECONDS; all=${ALL_S:-530}
left() { echo $((all - (SECONDS - began))); }
say() { echo "== $((SECONDS - began)) s: $*"; }
export PYTHONUNBUFFERED=1 AVATAR_HOME=${AVATAR_HOME:-/tmp/avatar-home} HF_HUB_OFFLINE=1
unset PYTHONDONTWRITEBYTECODE
tiny=(); [ -n "${TINY:-}" ] && tiny=(--device cpu --tiny)

say "wheels"
if [ ! -d "$site" ]; then
    "$PY" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" "${WHEELS:-.gpu/wheels}"/*.whl || exit 3
fi
export PYTHONPATH=$site
# Byte code once, on all cores, or every process below compiles diffusers, transformers and TTS again.
"$PY" -m compileall -q -j "$(nproc)" "$site" avatar bench tests >/dev/null 2>&1 &
command -v nvidia-smi >/dev/null && nvidia-smi --format=csv \
    --query-gpu=name,memory.total,memory.used,driver_version,clocks.sm,clocks.max.sm,power.limit,temperature.gpu >"$OUT/card.csv"
say "does all import? (no card time is spent on half a bench)"
"$PY" - <<'P' || exit 4
import importlib

for name in ("torch", "transformers", "diffusers", "accelerate", "TTS.tts.models.xtts", "torchaudio", "cv2", "pydantic"):
    importlib.import_module(name)
import imageio_ffmpeg, torch
print("torch", torch.__version__, "cuda", torch.cuda.is_available(), imageio_ffmpeg.get_ffmpeg_version())
P
wait
# A process each: before PyTorch 2.12 a recording that fails may spoil the allocator for all that follows in its process.
bench() { # NAME SECONDS ARGUMENTS...
    local name=$1 limit=$2; shift 2
    say "bench/gpu/measure.py, $name"
    timeout -k 5 "$limit" "$PY" bench/gpu/measure.py ${tiny[@]+"${tiny[@]}"} "$@" --within $((limit - 45)) -o "$OUT/$name.json" >/dev/null 2>"$OUT/$name.log"
    echo "exit code $?"; tail -12 "$OUT/$name.log"
}
bench lips $(($(left) * 40 / 100)) --parts lips --batches "${BATCHES:-16,8,32,1}"
bench voice $(($(left) * 25 / 100)) --parts voice
bench pocket $(($(left) * 25 / 100)) --parts pocket
bench portrait $(($(left) * 30 / 100)) --parts portrait
say "levers"
timeout -k 5 $(($(left) - 5)) "$PY" bench/gpu/foreign/levers.py --out "$OUT" ${tiny[@]+"${tiny[@]}"} --within $(($(left) - 45)) >/dev/null 2>"$OUT/levers.log"
echo "exit code $?"; tail -12 "$OUT/levers.log"
(cd "$OUT" && tar -cJf results.tar.xz ./*.json ./*.csv ./*.log 2>/dev/null)  # one file to bring home
say "done"; ls -l "$OUT"
