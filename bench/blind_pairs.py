"""Blind pairs of two versions of the preview's face: which of the two looks more like a speaking person?

usage: ./run --full python bench/blind_pairs.py make BEFORE AFTER --pictures FOLDER --pairs FOLDER --key FILE [--seed N]
       ./run --full python bench/blind_pairs.py make BEFORE AFTER --pairs FOLDER --key FILE [--seed N]
       python bench/blind_pairs.py score ANSWERS --key FILE

The first form takes two checkouts of this project and a folder of pictures of faces, and has each checkout draw the same
mouths and blinks of each face. The second takes two folders of videos of the same names. Either way a pair is one
picture: a row of mouths over a row of eyes, enlarged, one version as A above the other as B. Which is which is drawn
from the seed and written to the key alone; look at the pairs first. ANSWERS is a text file, one line a pair: its number, A, B or
"same", and the reason. The script counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve()
# name: opening, width, lift, tuck of the mouth
POSES = {
    "rest": (0.05, 0, 0, 0),
    "p b m": (0, 0, 0, 0),
    "t d": (0.4, 0, 0.1, 0),
    "ah": (0.9, 0.1, 0.15, 0),
    "ee": (0.45, 0.8, 0.15, 0),
    "oo": (0.35, -0.95, 0.1, 0),
    "w": (0.22, -0.85, 0.1, 0),
    "aw": (0.75, -0.5, 0.1, 0),
    "f v": (0.14, 0.05, 0.6, 1),
}
BLINKS = (0.0, 0.5, 1.0)
VIDEO_FRAMES = 9  # looked at, evenly over a video
TILE = 230  # pixels
EYES_TILE = len(POSES) // len(BLINKS) * TILE, TILE
MOUTH, EYES = (0.62, 0.62), (0.95, 0.95 * EYES_TILE[1] / EYES_TILE[0])  # of the face's width: how much is shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("before", type=Path)
    make.add_argument("after", type=Path)
    make.add_argument("--pictures", type=Path)
    make.add_argument("--pairs", type=Path, required=True)
    make.add_argument("--seed", type=int, default=1)
    score = commands.add_parser("score")
    score.add_argument("answers", type=Path)
    draw = commands.add_parser("draw")  # run with a checkout before this one on the path, by `make`
    draw.add_argument("pictures", type=Path)
    draw.add_argument("strips", type=Path)
    for command in (make, score):
        command.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "draw":
        draw_strips(options.pictures, options.strips)
    elif options.command == "score":
        print(json.dumps(scored(options.answers.read_text(), json.loads(options.key.read_text())), indent=1))
    else:
        make_pairs(options)


def make_pairs(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        strips = {}
        for version in ("before", "after"):
            given, strips[version] = getattr(options, version).resolve(), Path(scratch) / version
            strips[version].mkdir()
            if options.pictures:
                command = [sys.executable, HERE, "draw", options.pictures.resolve(), strips[version]]
                subprocess.run(command, check=True, env={"PYTHONPATH": str(given)}, cwd=given)
            else:
                strips_of_videos(given, strips[version])
        pair_up(strips["before"], strips["after"], options.pairs, options.key, options.seed)


def pair_up(before: Path, after: Path, pairs: Path, key: Path, seed: int) -> None:
    """Every strip that both versions have, in a drawn order of faces, with a drawn version as A."""
    names = sorted({path.name for path in before.glob("*.png")} & {path.name for path in after.glob("*.png")})
    random = np.random.default_rng(seed)
    pairs.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for number, at in enumerate(random.permutation(len(names)), 1):
        versions = ["before", "after"] if random.integers(2) else ["after", "before"]
        rows = []
        for letter, version in zip("AB", versions, strict=True):
            strip = cv2.imread(str((before if version == "before" else after) / names[at]))
            rows.append(cv2.putText(strip, letter, (6, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 255), 2))
        cv2.imwrite(str(pairs / f"{number:02}.png"), np.vstack([rows[0], np.full_like(rows[0][:8], 255), rows[1]]))
        drawn[f"{number:02}"] = {"face": Path(names[at]).stem, "A": versions[0], "B": versions[1]}
    key.write_text(json.dumps(drawn, indent=1) + "\n")


def scored(answers: str, key: dict[str, dict[str, str]]) -> dict:
    """How often the later version was preferred, and every answer in clear. A pair without an answer is named."""
    found = {}
    for line in answers.splitlines():
        number, _, rest = line.strip().partition(" ")
        choice, _, reason = rest.strip().partition(" ")
        if number in key:
            version = "same" if choice.lower() == "same" else key[number][choice.upper()]
            found[number] = {"face": key[number]["face"], "preferred": version, "why": reason.strip()}
    after = sum(answer["preferred"] == "after" for answer in found.values())
    return {
        "pairs": len(key),
        "answered": len(found),
        "after_preferred": after,
        "before_preferred": [answer["face"] for answer in found.values() if answer["preferred"] == "before"],
        "share": round(after / max(len(found), 1), 3),
        "unanswered": sorted(set(key) - set(found)),
        "answers": found,
    }


def in_rgb(frame: np.ndarray) -> np.ndarray:
    """A frame of the warp; before it drew in Y'CbCr they were RGB."""
    if frame.ndim == 3:
        return frame
    from testing.shown_frame import shown

    return shown(frame)


def draw_strips(pictures: Path, strips: Path) -> None:
    """The same mouths and blinks of every picture's face, by the checkout that is first on the path."""
    from avatar.portrait.face import FaceReader
    from avatar.portrait.framing import frame_portrait

    warp = importlib.util.find_spec("avatar.lips.warp")
    if warp is not None and warp.submodule_search_locations:
        from avatar.lips.warp.liveliness import plan_sway
        from avatar.lips.warp.warp import WarpLips
    else:  # a checkout from before the warp had a folder of its own
        from avatar.lips.liveliness import plan_sway

        from avatar.lips.warp import WarpLips

    still = np.zeros(plan_sway(np.zeros(1, np.float32), 25, 1).shape[1], np.float32)
    with FaceReader() as reader:
        for path in sorted(pictures.iterdir()):
            bgr = cv2.imread(str(path))
            face = None if bgr is None else reader.largest(np.ascontiguousarray(bgr[..., ::-1]))
            if face is None:
                continue
            picture, _ = frame_portrait(np.ascontiguousarray(bgr[..., ::-1]), face.landmarks)
            face = reader.largest(picture)
            if face is None:
                continue
            with WarpLips(picture, face.landmarks) as lips:
                mouths = [in_rgb(lips.frame(np.array(pose, np.float32), 0.0, still)) for pose in POSES.values()]
                eyes = [in_rgb(lips.frame(np.zeros(4, np.float32), blink, still)) for blink in BLINKS]
            save_strip(strips / f"{path.stem}.png", mouths, eyes, [face.landmarks] * (len(mouths) + len(eyes)))


def strips_of_videos(videos: Path, strips: Path) -> None:
    from avatar.portrait.face import FaceReader

    with FaceReader() as reader:
        for path in sorted(videos.glob("*.mp4")):
            video = cv2.VideoCapture(str(path))
            count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
            wanted = set(np.linspace(0.05 * count, 0.95 * count, VIDEO_FRAMES).astype(int).tolist())
            frames = [
                frame[..., ::-1].copy()
                for at in range(count)
                if (frame := video.read()[1]) is not None and at in wanted
            ]
            faces = [reader.largest(frame) for frame in frames]
            seen = [(frame, face.landmarks) for frame, face in zip(frames, faces, strict=True) if face is not None]
            shown = [frame for frame, _ in seen]
            landmarks = [points for _, points in seen]
            save_strip(strips / f"{path.stem}.png", shown, shown[: len(BLINKS)], landmarks + landmarks[: len(BLINKS)])


def save_strip(path: Path, mouths: list[np.ndarray], eyes: list[np.ndarray], landmarks: list[np.ndarray]) -> None:
    tiles = []
    for frame, points in zip(mouths, landmarks, strict=False):
        middle = (points[13, :2] + points[14, :2]) / 2 + [0, 0.06 * face_width(points)]
        tiles.append(enlarged(frame, middle, face_width(points), MOUTH, (TILE, TILE)))
    looks = []
    for frame, points in zip(eyes, landmarks[len(mouths) :], strict=True):
        middle = (points[33, :2] + points[263, :2]) / 2 - [0, 0.04 * face_width(points)]
        looks.append(enlarged(frame, middle, face_width(points), EYES, EYES_TILE))
    rows = [np.hstack(tiles), np.hstack(looks)]
    width = max(row.shape[1] for row in rows)  # of a video with fewer faces one row is shorter
    rows = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    cv2.imwrite(str(path), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))


def face_width(points: np.ndarray) -> float:
    return float(np.linalg.norm(points[234, :2] - points[454, :2]))


def enlarged(
    frame: np.ndarray, middle: np.ndarray, width: float, shown: tuple[float, float], size: tuple[int, int]
) -> np.ndarray:
    scale_x, scale_y = size[0] / (shown[0] * width), size[1] / (shown[1] * width)
    move = np.array([[scale_x, 0, size[0] / 2 - middle[0] * scale_x], [0, scale_y, size[1] / 2 - middle[1] * scale_y]])
    return cv2.warpAffine(frame, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


if __name__ == "__main__":
    main()
