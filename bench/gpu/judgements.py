"""Is the sample good? What `avatar check` measured, what it does not look at, and the memory that the stages took."""

from __future__ import annotations

import json
from pathlib import Path

from bench.gpu import baseline

FRAME_RATE, SIZE = 25, 512
MOST_WRONG_WORDS = 0.15  # word error rate, as asked of the demo
OF_REAL_WEIGHTS = (
    "a face in every frame, the mouth moves with the sound", "the face keeps its shape", "the speech is understood",
    "the voice is like its reference",
)  # fmt: skip
LIP_SYNC = "SyncNet LSE-C and LSE-D"  # judged where the weights are there: the stage does not fetch them
FRAMES, SIDE = 10, 192  # of a row of the contact sheet; pixels


def properties(checked: dict, seconds: float) -> list[str]:
    """What any weights must give: length within a frame, rate, size, not black, sound as long as the picture."""
    failed = []
    if abs(checked["video_seconds"] - seconds) > 1 / FRAME_RATE:
        failed.append(f"the sample is {checked['video_seconds']:.2f} s long, {seconds} s were asked for")
    if checked["frame_rate"] != FRAME_RATE:
        failed.append(f"{checked['frame_rate']:g} frames a second, {FRAME_RATE} were asked for")
    if (checked["width"], checked["height"]) != (SIZE, SIZE):
        failed.append(f"{checked['width']} x {checked['height']} pixels, {SIZE} x {SIZE} were asked for")
    if checked["black_share"] > 0:
        failed.append(f"{checked['black_share']:.0%} of the frames are black")
    if checked["audio_rms_dbfs"] is None or checked["audio_rms_dbfs"] < -60:
        failed.append("the sound is silent, or there is none")
    elif checked["difference_seconds"] > 1 / FRAME_RATE:
        failed.append(f"picture and sound differ by {checked['difference_seconds']:.3f} s")
    return failed


def memory(records: dict, voice: str = "xtts") -> list[str]:
    """Each stage's peak on the card: not below its weights, not above what was computed before it loaded.

    records: of a job that ran with the published shapes, its voice by this engine. A stage without a model on the card has nothing to say.
    """
    failed, least_mib = [], baseline.weights_mib(voice)
    for stage, record in records.items():
        taken = record.get("engine", {}).get("memory")
        if not taken or taken["device"] == "this host":
            continue
        peak, needed, least = taken["peak_allocated_mib"], taken["needed_mib"], least_mib[stage]
        if peak > needed:
            failed.append(f"{stage} allocated {peak:,} MiB, {needed:,} were computed before it loaded")
        if peak < least:
            failed.append(f"{stage} allocated {peak:,} MiB, and its weights alone take {least:,}: it did nothing")
        failed += [f"{stage}: {note}" for note in record["notes"] if "stayed on" in note]
    return failed


def kept(video: Path, job_folder: Path, with_face: bool) -> dict:
    """avatar.quality.unchanged on the sample. with_face: judge the landmarks too; a mouth of noise can hide the face."""
    from avatar.lips.musetalk.options import Options
    from avatar.portrait.framing import Portrait
    from avatar.quality.unchanged import check_unchanged, picture_failures

    encoder = json.loads((job_folder / "records/lips.json").read_text())["encoder"]["name"]
    found = check_unchanged(video, Portrait.load(job_folder), Options(), "synthetic", encoder)
    return found if with_face else found | {"failed": picture_failures(found)}


def of_real_weights(checked: dict, text: str, spoken: Path, reference: Path, stranger: Path) -> dict:
    """{judgement: {..., "failed": [...]}} of what noise cannot pass: `avatar check` whole, the words, the voice.

    spoken: the sample's speech.wav; reference: what it was cloned from; stranger: another voice.
    """
    from avatar.quality.speaker import check_speaker
    from bench.wer import transcribe, word_error_rate

    wrong = word_error_rate(spoken, text)
    not_understood = [] if wrong <= MOST_WRONG_WORDS else [f"{wrong:.0%} of the words were not understood"]
    words = {"word_error_rate": round(wrong, 4), "heard": transcribe(spoken), "failed": not_understood}
    return {"check": checked, "words": words, "speaker": check_speaker(spoken, reference, stranger)}


def no_lip_sync(real: bool) -> str | None:
    """Why SyncNet is not asked, as a sentence; None where it can be. real: the sample's weights are."""
    from avatar.quality import syncnet

    return syncnet.obstacle() if real else "random weights cannot pass it"


def lip_sync(video: Path) -> dict:
    """LSE-C, LSE-D and the offset of the sample, by SyncNet on the CPU."""
    from avatar.quality import syncnet

    return syncnet.check_lip_sync(video)


def contact_rows(videos: list[Path]):
    """A picture with a row of evenly spaced frames for each video: PIL.Image."""
    import numpy as np
    from PIL import Image

    from avatar.media.frames import video_frames

    rows = []
    for video in videos:
        frames = [Image.fromarray(frame).resize((SIDE, SIDE)) for frame in video_frames(video)]
        chosen = [frames[round(place)] for place in np.linspace(0, len(frames) - 1, FRAMES)]
        rows.append(np.concatenate([np.asarray(frame) for frame in chosen], axis=1))
    return Image.fromarray(np.concatenate(rows))
