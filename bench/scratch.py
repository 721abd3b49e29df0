"""The frames of a clip that is shown again, kept as they are or without loss by FFmpeg: room and processor time.

    ./run --full python bench/scratch.py [CLIP] [-o bench/results/scratch.json]

Without a clip, three seconds of 1920 x 1080 at 30 are made: a head in a room, noise as of a camera, 17 Mbit/s of H.264. user+sys
of this process and of FFmpeg, a frame; the bytes are compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from avatar.lips.musetalk.frame_file import frame_file
from avatar.media.ffmpeg import ffmpeg_program
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.clip import Clip, own_rate, whole_frames
from bench import machine

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, RATE, SECONDS = 1920, 1080, 30, 3.0
ONE_THREAD = ["-threads", "1"]
WAYS = {
    "libx264rgb ultrafast -qp 0": ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", *ONE_THREAD],
    "the same, each frame on its own": ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", "-g", "1", *ONE_THREAD],
    "magicyuv": ["-c:v", "magicyuv", *ONE_THREAD],
    "utvideo": ["-c:v", "utvideo", "-pred", "left", *ONE_THREAD],
    "ffv1": ["-c:v", "ffv1", "-level", "3", "-slices", "4", *ONE_THREAD],
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/scratch.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or written(Path(folder, "clip.mp4"))
        rate, before = own_rate(clip), cpu_s()
        frames = list(whole_frames(Clip(clip), 0.0, rate, SECONDS))
        anew_ms = 1000 * (cpu_s() - before) / len(frames)
        rows = {"raw": raw(frames)} | {
            name: by_ffmpeg(frames, way, Path(folder, "o.mkv")) for name, way in WAYS.items()
        }
    height, width = frames[0].shape[:2]
    result = {
        **machine.origin("bench/scratch.py", on_gpu=False, thorough=False),
        "clip": f"{width}x{height} at {rate}, {len(frames)} frames",
        "decoded_anew_ms": round(anew_ms, 1),
        "ways": {name: figures(*row, len(frames), float(rate)) for name, row in rows.items()},
    }
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 0


def written(path: Path) -> Path:
    chance = np.random.default_rng(1)
    small = chance.integers(40, 210, (HEIGHT // 30, WIDTH // 30, 3), np.uint8)
    room = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    room = np.clip(room + cv2.GaussianBlur(chance.normal(0, 12, room.shape), (0, 0), 1.2), 0, 255).astype(np.uint8)
    line = [ffmpeg_program(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}"]
    line += ["-r", str(RATE), "-i", "pipe:0", "-pix_fmt", "yuv420p", "-preset", "fast", "-b:v", "17M", str(path)]
    with subprocess.Popen(line, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for frame in range(round(SECONDS * RATE)):
            move = np.array([[1.3, 0, 600 + 20 * np.sin(frame / 9)], [0, 1.3, 200 + 6 * np.cos(frame / 7)]], np.float32)
            shown = cv2.warpAffine(
                bundled_picture(), move, (WIDTH, HEIGHT), dst=room.copy(), borderMode=cv2.BORDER_TRANSPARENT
            )
            noise = chance.normal(0, 4, (HEIGHT, WIDTH, 1))
            process.stdin.write(np.clip(shown + noise, 0, 255).astype(np.uint8).tobytes())
    return path


def raw(frames: list[np.ndarray]) -> tuple[int, float, float]:
    """Bytes, and seconds of the processor to keep them and to have them back in any order."""
    before = cpu_s()
    with frame_file() as kept:
        for frame in frames:
            kept.add(frame)
        keeping_s, before = cpu_s() - before, cpu_s()
        assert all(np.array_equal(kept[index], frames[index]) for index in reversed(range(len(frames))))
        return sum(frame.nbytes for frame in frames), keeping_s, cpu_s() - before


def by_ffmpeg(frames: list[np.ndarray], way: list[str], path: Path) -> tuple[int, float, float]:
    """The same; they come back in their order alone."""
    height, width = frames[0].shape[:2]
    before = cpu_s()
    line = [ffmpeg_program(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    with subprocess.Popen([*line, "-i", "pipe:0", *way, str(path)], stdin=subprocess.PIPE) as process:
        assert process.stdin
        for frame in frames:
            process.stdin.write(frame.data)
    keeping_s, before = cpu_s() - before, cpu_s()
    line = [ffmpeg_program(), "-v", "error", "-threads", "2", "-i", str(path), "-pix_fmt", "rgb24", "-f", "rawvideo"]
    with subprocess.Popen([*line, "pipe:1"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        for frame in frames:
            assert process.stdout.read(frame.nbytes) == frame.tobytes()
    return path.stat().st_size, keeping_s, cpu_s() - before


def figures(size: int, keeping_s: float, reading_s: float, count: int, rate: float) -> dict[str, float]:
    return {
        "mb_a_second": round(size / count * rate / 1e6, 1),
        "keeping_ms": round(1000 * keeping_s / count, 1),
        "reading_ms": round(1000 * reading_s / count, 1),
    }


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main())
