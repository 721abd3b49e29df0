"""Damaged WAV, MP4 and MOV files, made by chance: is there ever a traceback, a hang, or a file opened that should not be?

    ./run python bench/fuzz_media.py [--seconds 600] [--seed 7] [-o bench/results/fuzz-media.json]

Small good files are changed by bytes (flipped, cut out, doubled, overwritten with numbers that parsers trip over) and
read by all that reads them: as sound, as a clip, as a video to judge. Every second or so one of them goes to
`avatar check` under strace, which writes down the files that FFmpeg opens; but for its input, system libraries and what
tells of the host there are to be none.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
RESULT = ROOT / "bench/results/fuzz-media.json"
LONGEST_S = 20  # of one reading of a file of some kilobytes
TRACED_EVERY = 25  # files
NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 40_000_000]
OPENED = re.compile(r'^\d+ +open(?:at)?\((?:AT_FDCWD, )?"([^"]*)".* = \d+$', re.MULTILINE)
KINDS = {
    "wav": ["-map", "1"],
    "flac.wav": ["-map", "1", "-c:a", "adpcm_ms"],
    "mp4": ["-preset", "ultrafast"],
    "fragments.mp4": ["-preset", "ultrafast", "-movflags", "frag_keyframe+empty_moov", "-g", "4"],
    "mov": ["-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "hevc.mov": ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le"],
}  # fmt: skip


def seeds(folder: Path) -> dict[str, bytes]:
    """A good file of each kind."""
    from avatar.media.ffmpeg import ffmpeg_program

    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.6", "-f", "lavfi", "-i", "sine=d=0.6:r=16000"]
    made = {}
    for kind, options in KINDS.items():
        path = folder / f"good.{kind}"
        subprocess.run([ffmpeg_program(), "-v", "error", *source, *options, path], check=True)
        made[kind] = path.read_bytes()
    return made


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A file with one to eight changes; half of them where its tables and heads are."""
    changed = bytearray(content)
    tables = content.find(b"moov") if b"moov" in content else 0
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(changed))
        if chance.random() < 0.6:
            at = min(len(changed) - 1, tables + chance.randrange(600))
        way = chance.randrange(6)
        if way == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            changed[at] = chance.randrange(256)
        elif way == 2:
            number = chance.choice(NUMBERS)
            changed[at : at + 4] = number.to_bytes(4, chance.choice(("big", "little")))
        elif way == 3:
            del changed[at : at + chance.randrange(1, 64)]
        elif way == 4:
            length = chance.randrange(1, 200)
            changed[at:at] = changed[at : at + length] * chance.randrange(1, 4)
        else:
            del changed[at:]
        if len(changed) < 16:
            changed += bytes(16)
    return bytes(changed)


def readings() -> dict:
    from avatar.media.frames import video_frames
    from avatar.media.loudness import loudness_of
    from avatar.media.sound_file import read_sound
    from avatar.media.streams import probe

    return {
        "probe": probe,
        "sound": lambda path: read_sound(path, 60),
        "clip": lambda path: sum(1 for _ in video_frames(path, "fps=25", seconds=2)),
        "judged": lambda path: sum(1 for _ in video_frames(path, whole=False)),
        "loudness": loudness_of,
    }


def opened_by_ffmpeg(path: Path, home: Path) -> tuple[int, list[str]]:
    """How often the FFmpegs of `avatar check` opened the file, and the files that they should not have opened."""
    log = home / "strace"
    line = ["strace", "-f", "-qq", "-e", "trace=open,openat,execve,clone,clone3", "-o", str(log), sys.executable, "-m", "avatar", "check", str(path)]  # fmt: skip
    env = {**os.environ, "AVATAR_HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run(line, cwd=ROOT, env=env, capture_output=True, timeout=60)
    begun, opened = set(), []  # processes and threads of FFmpeg
    for row in log.read_text(errors="replace").splitlines():
        process = row.split()[0]
        if "execve(" in row and "/ffmpeg-" in row and row.endswith("= 0"):
            begun.add(process)
        elif process in begun and (
            thread := re.search(r"clone3?\(.* = (\d+)$|<\.\.\. clone3? resumed.* = (\d+)$", row)
        ):
            begun.add(thread[1] or thread[2])
        elif process in begun and (found := OPENED.match(row)):
            opened.append(found[1])
    allowed = ("/lib", "/usr/lib", "/nix/store", "/etc/ld.so", "/proc/", "/sys/")
    names = [name.removeprefix("file:") for name in opened]
    return names.count(str(path)), [name for name in names if name != str(path) and not name.startswith(allowed)]


def main() -> int:
    from avatar.errors import AvatarError, InputError
    from bench.preview import cpu_name

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a folder for the files that made trouble")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    chance, ends, trouble, files, traced, inputs_opened = random.Random(options.seed), Counter(), [], 0, 0, 0
    slowest_s, reads, can_trace = 0.0, readings(), bool(shutil.which("strace"))
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        good = seeds(Path(folder))
        while time.monotonic() < until:
            kind = chance.choice(list(good))
            path = Path(folder, f"{files}.{kind}")
            path.write_bytes(mutated(good[kind], chance))
            before = len(trouble)
            for name, read in reads.items():
                begun = time.monotonic()
                try:
                    read(path)
                    end = "read"
                except InputError:
                    end = "refused"
                except AvatarError as error:
                    end = f"the host's: {type(error).__name__}"
                    trouble.append(f"{path.name}, {name}: {error}")
                except Exception:
                    end = "traceback"
                    trouble.append(f"{path.name}, {name}: {traceback.format_exc()[-400:]}")
                seconds = time.monotonic() - begun
                slowest_s = max(slowest_s, seconds)
                if seconds > LONGEST_S:
                    trouble.append(f"{path.name}, {name}: {seconds:.0f} s")
                ends[f"{name}: {end}"] += 1
            if can_trace and files % TRACED_EVERY == 0:
                traced += 1
                often, others = opened_by_ffmpeg(path, Path(folder))
                inputs_opened += often
                trouble += [f"{path.name}: opened {name}" for name in others]
            if options.keep and len(trouble) > before:
                options.keep.mkdir(exist_ok=True)
                shutil.copy(path, options.keep)
            path.unlink()
            files += 1
    result = {
        "files": files, "traced": traced, "inputs_opened": inputs_opened, "trouble": trouble, "ends": dict(sorted(ends.items())),
        "slowest_s": round(slowest_s, 1), "seconds": options.seconds, "seed": options.seed,
        "cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "command": " ".join(["python", *sys.argv]),
    }  # fmt: skip
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
