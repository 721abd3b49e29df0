"""A high frame with words in it: how fast, in how much memory, and what another frame of it costs.

    ./run python bench/frames.py [--seconds 60] [-o bench/results/frames.json]

All in one run on one machine: drawing and encoding of ten seconds against FFmpeg's own encoding of the same frames; the
command from a cold shell; its memory with FFmpeg's, sampled, at two lengths; and the same script in another frame. The
preview stack, its default voice, the bundled portrait, 1080 x 1920, burned captions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar import framed
from avatar.files import write_json
from avatar.jobs import home as homes
from avatar.lips.warp.engine import WarpLipsEngine
from avatar.media.ffmpeg import BITEXACT, ENCODERS, ffmpeg_program
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech
from bench import machine

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = (ROOT / "avatar/assets/demo.txt").read_text().strip()
HIGH = ("--size", "portrait", "--captions", "burned")
WIDE = ("--size", "landscape", "--captions", "burned", "--caption-style", "box")
SAMPLE_S = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/frames.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short = command(folder, "short", SENTENCES, HIGH)
        long_text = " ".join([SENTENCES] * max(1, round(options.seconds / short["seconds"])))
        long = command(folder, "long", long_text, HIGH)
        again = command(folder, "long", long_text, WIDE)
        result = {
            **machine.origin("bench/frames.py", on_gpu=False, thorough=False),
            "load_before": os.getloadavg()[0],
            "ten_seconds": short,
            "minute": long,
            "minute_in_another_frame": again,
            "another_frame_to_whole": round(again["took_s"] / long["took_s"], 3),
            "mib_a_second": round((long["peak_mib"] - short["peak_mib"]) / (long["seconds"] - short["seconds"]), 2),
            **drawn(folder),
        }
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 0


def command(folder: Path, home: str, text: str, options: Sequence[str]) -> dict:
    """One run of the command in a shell of its own: seconds of video, how long it took, the memory of all its processes."""
    environment = {**os.environ, "AVATAR_HOME": str(folder / home)}
    line = [ROOT / "run", "avatar", "pipeline", "run", "--text", text, *options, "--json"]
    began = time.monotonic()
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_mib(process.pid))
        time.sleep(SAMPLE_S)
    took_s = time.monotonic() - began
    assert process.stdout and process.returncode == 0
    report = json.loads(process.stdout.read())
    seconds = report["records"]["lips"]["frames"] / 25
    stages = {stage: record["seconds"] for stage, record in report["records"].items() if "copied_from" not in record}
    return {
        "seconds": seconds, "took_s": round(took_s, 2), "times_real_time": round(seconds / took_s, 2), "peak_mib": peak,
        "stages_s": stages,
    }  # fmt: skip


def resident_mib(root: int) -> int:
    """Of a process and all below it; pages that several share count for each."""
    parents, resident = {}, {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)], resident[int(entry.name)] = int(fields[1]), int(fields[21])
            except OSError:
                pass
    members = {root}
    while more := {each for each, parent in parents.items() if parent in members} - members:
        members |= more
    return sum(resident.get(each, 0) for each in members) * os.sysconf("SC_PAGE_SIZE") >> 20


def drawn(folder: Path) -> dict:
    """Drawing and encoding alone, of the job that the command made, and FFmpeg's own encoding of the frames that came out."""
    job = homes.every(folder / "short")[0]
    request = job.request()
    frame = framed.wanted(request, "synthetic preview")
    assert frame
    speech, portrait = Speech.load(job.folder), Portrait.load(job.folder)
    with WarpLipsEngine.load() as engine:
        from avatar.engines import Told

        began = time.monotonic()
        frames = engine.frames(portrait, speech, 25, request.seed, None, Told())
        count = framed.encode(frames, engine.pixels, job, request, frame, "x264", folder)
        made_s = time.monotonic() - began
    raw = folder / "frames.yuv"
    subprocess.run(
        [ffmpeg_program(), "-v", "error", "-i", folder / framed.FRAMED, "-f", "rawvideo", "-pix_fmt", "yuv420p", raw],
        check=True,
    )
    began = time.monotonic()
    given = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{frame.width}x{frame.height}", "-r", str(Fraction(25))]
    line = [ffmpeg_program(), "-v", "error", "-threads", "2", *given, "-i", raw, *ENCODERS["x264"], *BITEXACT]
    subprocess.run([*line, folder / "own.mp4"], check=True)
    own_s = time.monotonic() - began
    shutil.copyfile(folder / framed.FRAMED, folder / "made.mp4")
    return {
        "draw_and_encode": {"frames_a_second": round(count / made_s, 1), "times_real_time": round(count / made_s / 25, 2)},
        "ffmpegs_own_encode": {"frames_a_second": round(count / own_s, 1)},
        "to_ffmpegs_own": round(own_s / made_s, 3),
        "kept_mb_a_second": round((folder / "picture.mp4").stat().st_size / 1e6 / (count / 25), 1),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
