"""LSE-C and LSE-D: how sure SyncNet is that a mouth says what is heard, and how far the two are apart.

The protocol is that of github.com/joonson/syncnet_python (MIT), by which papers compare lip sync: 25 frames a second,
16 kHz, one face, and every five frames compared with the sound up to 15 frames before and after. The face is found by
MediaPipe here and by S3FD there, and the crops are not coded a second time. So figures are close to published ones, not
equal to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from avatar.errors import AvatarError, InputError
from avatar.invocation import in_full_environment, to_type
from avatar.media.frames import video_frames
from avatar.media.loudness import SILENT_DBFS, decibels
from avatar.media.sound_file import samples_from_zero
from avatar.portrait.face import FaceReader
from avatar.quality.mfcc import mfcc
from avatar.weights import licences, lock, store

if TYPE_CHECKING:
    from avatar.quality.syncnet_network import SyncNet

MODEL = "syncnet-v2"  # its name in models.lock
FILE = "auxiliary/syncnet_v2.model"

# From syncnet_python: run_pipeline.py, SyncNetInstance.py and demo_syncnet.py.
FRAME_RATE = 25
SAMPLES_A_FRAME, STEPS_A_FRAME = 640, 4
SIDE = 224  # pixels of the crop
PADDING = 0.4  # of half the box's longer side, to the left, to the right, and twice below; nothing above
GREY = 110  # beyond the picture's edge
SMOOTHED = 13  # frames of the median filter over the boxes
LONGEST_GAP = 25  # frames without a face that are bridged
FARTHEST = 15  # frames of shift, either way
BATCH = 20  # windows

FEWEST_WINDOWS = 2 * FARTHEST + 1  # or, at the ends of the search, most of them would meet no sound at all

# Not confirmed by a run with the weights yet. LatentSync leaves recordings below a confidence of 3 out of its training;
# published are 8.2 of real video, 6.9 of MuseTalk, and 4.6 of a model trained without a SyncNet (all on HDTF). A frame
# either way is what people do not see, and another one is by which SyncNet itself may miss (its authors count so).
LEAST_CONFIDENCE = 3.0
MOST_OFFSET = 2  # frames


def obstacle() -> str | None:
    """Why SyncNet cannot judge here, with the command that mends it; None where it can. Imports nothing heavy."""
    try:
        model = lock.read().model(MODEL)
    except AvatarError as error:  # a lock of somebody's own that has no such model, or is damaged
        return str(error)
    fetch = to_type(f"models fetch {MODEL}", full=True)
    here = store.state(model)["state"]
    if here in ("missing", "wrong"):
        return f"the weights of SyncNet are {here}; '{fetch}' brings them ({lock.gigabytes(model.needed_bytes)})."
    if licences.wants_consent(model):
        return f"the terms of SyncNet's weights were not accepted yet; '{fetch}' shows them."
    if find_spec("torch") is None:
        return f"SyncNet runs in the full environment; {in_full_environment('check FILE --lse')}."
    return None


def check_lip_sync(path: Path) -> dict:
    """Figures and failed limits of a video in which one person speaks.

    confidence: LSE-C, the median of the distances over all shifts less the smallest; distance: LSE-D, the smallest
    (both without a unit); offset_frames: the shift that has it, > 0 where the mouth moves after the sound; windows: how
    many were compared. All None where a sentence in "failed" says what is missing. The same video gives the same figures.

    Raises EnvironmentProblem where the weights are missing or wrong, or their terms were not accepted.
    """
    from avatar.quality.syncnet_network import load

    network = load(store.require(MODEL)[FILE])
    try:
        report = measure(path, network)
    except InputError as error:
        unknown = dict.fromkeys(("confidence", "distance", "offset_frames", "windows"))
        return unknown | {"failed": [f"the lip sync cannot be judged: {error}"]}
    return report | {"failed": failures(report)}


def failures(report: dict) -> list[str]:
    failed = []
    if report["confidence"] < LEAST_CONFIDENCE:
        failed.append(f"SyncNet's confidence (LSE-C) is {report['confidence']:.2f}, {LEAST_CONFIDENCE:g} is the least")
    if abs(offset := report["offset_frames"]) > MOST_OFFSET:
        way = "after" if offset > 0 else "before"
        failed.append(f"by SyncNet the mouth moves {abs(offset)} frames {way} the sound, {MOST_OFFSET} is the most")
    return failed


def measure(path: Path, network: SyncNet) -> dict:
    """The figures of `check_lip_sync`, by a network. Reads the video twice; memory grows only with its sound.

    Raises InputError when there is no speech, no face throughout, or too little of both.
    """
    samples = sound_of(path)
    boxes = face_boxes(path)
    # The cepstra of n frames are 4 n - 1 steps, one too few for the window of the last five frames.
    windows = min(len(boxes), len(samples) // SAMPLES_A_FRAME) - 5
    if windows < FEWEST_WINDOWS:
        raise InputError(f"{str(path)!r} is shorter than {(FEWEST_WINDOWS + 5) / FRAME_RATE:.2f} s.")
    seen, heard = embeddings(network, faces(path, boxes), mfcc(samples), windows)
    return figures(distances(seen, heard)) | {"windows": windows}


def figures(apart: np.ndarray) -> dict:
    """LSE-C, LSE-D and the offset of distances, (31,), as `distances` gives them."""
    best = int(np.argmin(apart))
    return {
        "confidence": round(float(np.median(apart) - apart[best]), 3),
        "distance": round(float(apart[best]), 3),
        "offset_frames": FARTHEST - best,
    }


def distances(seen: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Mean distance of (n, d) embeddings for each shift of the sound, -15 to 15 windows: float64 (31,).

    Beyond the ends of the sound there are zeros, as in the published figures.
    """
    around = np.pad(heard.astype(np.float64), ((FARTHEST, FARTHEST), (0, 0)))
    shifted = (around[start : start + len(seen)] for start in range(2 * FARTHEST + 1))
    return np.array([np.linalg.norm(seen - other, axis=1).mean() for other in shifted])


def embeddings(
    network: SyncNet, pictures: Iterator[np.ndarray], cepstra: np.ndarray, windows: int
) -> tuple[np.ndarray, np.ndarray]:
    """What is seen and what is heard in each window, float32 (windows, 1024) twice; a window begins at every frame."""
    import torch

    from avatar.quality.syncnet_network import FRAMES, STEPS

    heard_at = np.lib.stride_tricks.sliding_window_view(cepstra.astype(np.float32), STEPS, axis=0)[::STEPS_A_FRAME]
    seen, heard, faces = [], [], []
    with torch.inference_mode():
        for first in range(0, windows, BATCH):
            last = min(first + BATCH, windows)
            faces = faces[1 - FRAMES :]
            faces += [next(pictures) for _ in range(last - first + FRAMES - 1 - len(faces))]
            seen.append(network.see(torch.from_numpy(np.stack(faces)).float()).numpy())
            heard.append(network.hear(torch.from_numpy(heard_at[first:last].copy())).numpy())
    return np.concatenate(seen), np.concatenate(heard)


# ---------------------------------------------------------------- what goes in


def sound_of(path: Path) -> np.ndarray:
    """int16 (n,) at 16 kHz, mono, from the file's time 0 on. Raises InputError when there is none, or silence."""
    samples = samples_from_zero(path)
    loudness = decibels(float(np.sqrt(np.square(samples.astype(np.float64)).mean())) / 32768)
    if loudness is None or loudness < SILENT_DBFS:
        raise InputError(f"the sound of {str(path)!r} is silent (below {SILENT_DBFS:.0f} dBFS).")
    return samples


def face_boxes(path: Path) -> np.ndarray:
    """The largest face of each frame at 25 frames/s, float64 (frames, 3): x and y of the box's middle, half its longer
    side, in pixels. Raises InputError when more than LONGEST_GAP frames in a row show none.

    S3FD was trained on WIDER FACE, whose boxes hold forehead, chin and cheeks: what MediaPipe's mesh covers.
    """
    from scipy.ndimage import median_filter

    boxes = []
    with FaceReader() as reader:
        for frame in at_frame_rate(path):
            face = reader.largest(frame)
            left, top, right, bottom = face.box if face else (np.nan,) * 4
            boxes.append(((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2))
    boxes = np.array(boxes)
    found = np.flatnonzero(np.isfinite(boxes[:, 0]))
    gaps = np.diff(np.array([-1, *found, len(boxes)])) - 1
    if not len(found) or gaps.max() > LONGEST_GAP:
        raise InputError(f"{str(path)!r} shows no face in {gaps.max()} frames in a row, {LONGEST_GAP} is the most.")
    everywhere = np.arange(len(boxes))
    filled = np.stack([np.interp(everywhere, found, column[found]) for column in boxes.T], axis=1)
    return median_filter(filled, size=(SMOOTHED, 1), mode="nearest")


def faces(path: Path, boxes: np.ndarray) -> Iterator[np.ndarray]:
    """The crops of a video, one by one: uint8 (224, 224, 3) BGR."""
    for frame, (x, y, half) in zip(at_frame_rate(path), boxes, strict=True):
        yield crop(frame, x, y, half)


def crop(frame: np.ndarray, x: float, y: float, half: float) -> np.ndarray:
    """The face of uint8 (h, w, 3) RGB with its padding, uint8 (224, 224, 3) BGR: the mouth is in the middle of it."""
    beyond = int(half * (1 + 2 * PADDING))
    padded = cv2.copyMakeBorder(frame, beyond, beyond, beyond, beyond, cv2.BORDER_CONSTANT, value=(GREY,) * 3)
    x, y = x + beyond, y + beyond
    rows = slice(int(y - half), int(y + half * (1 + 2 * PADDING)))
    columns = slice(int(x - half * (1 + PADDING)), int(x + half * (1 + PADDING)))
    return cv2.resize(padded[rows, columns], (SIDE, SIDE))[..., ::-1]


def at_frame_rate(path: Path) -> Iterator[np.ndarray]:
    """The pictures at 25 a second from the file's time 0 on, as its sound: the first stands in for what is before it."""
    return video_frames(path, f"fps={FRAME_RATE}:start_time=0")
