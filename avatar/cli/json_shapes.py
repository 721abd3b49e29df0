"""What `--json` prints, by kind: the one schema. docs/json.md is this in tables, and every printed object names its version.

A version is counted up when a key goes, or changes its meaning; a new key is no new version.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Shape(NamedTuple):
    """commands: that print it; keys: {key: what it holds}, of which a failure, an older record or another kind of file may lack
    some; rows: the key under which a list stands; each: of its rows, {key: what it holds}."""

    version: int
    commands: tuple[str, ...]
    keys: dict[str, str]
    rows: str = ""
    each: dict[str, str] = {}


LOOKED_AFTER = {"damaged": "{name: why} of those that cannot be used"}
CLONING = "engine, model, languages, bytes, need_mib, code, weights, commercial of each"
VERDICT = {
    "file": "path", "state": "unchanged, changed, expired, no manifest or signed by another", "exit_code": "",
    "sha256": "of the file", "video": "of it without its manifest, or null", "signed_by": "the certificate's subject",
    "why": "what does not fit, in C2PA's words", "says": "what the manifest says", "again": "sha256 of what was rendered anew, or null",
}  # fmt: skip
SHAPES = {
    "report": Shape(1, ("demo", "make", "pipeline run", "pipeline resume"), {
        "output": "where the video is", "job": "id", "video": "the job's own, unsigned", "video_sha256": "of that",
        "synthetic": "true", "stack": "preview or full", "request": "what was asked for, by field",
        "avatar": "version and digest of the code", "locked_fingerprints": "{layer: fingerprint}",
        "licences": "{weights or voice: licence} of what made it", "seconds": "of work",
        "peak_memory_mib": "", "notes": "sentences", "judgement": "figures, and failed: what falls short",
        "records": "{stage: cause, outputs, engine, seconds, memory, notes}",
    }),
    "plan": Shape(1, ("make --dry-run", "pipeline run --dry-run"), {
        "video": "where it would be", "plan": "in words", "notes": "sentences", "width": "pixels", "height": "pixels",
        "captions": "soft, burned, srt, vtt or none",
    }),
    "table": Shape(1, ("make TABLE", "pipeline run --table"), {}, "rows", {
        "row": "from 1", "name": "of the video", "video": "its path, or null", "is_new": "made by this command",
        "plan": "of a dry run, else null", "notes": "sentences of a dry run", "error": "null, or kind and message",
    }),
    "jobs": Shape(1, ("pipeline list",), {}, "jobs", {
        "job": "id", "state": "done, running, damaged or 'stopped before STAGE'", "damage": "why, or empty",
        "created": "seconds since 1970", "text": "what is said", "seconds": "of video, or null", "bytes": "on the disk",
        "outputs": "paths",
    }),
    "job": Shape(1, ("pipeline show",), {
        "job": "id", "state": "as in the list", "damage": "why, or empty", "folder": "path", "outputs": "paths",
        "request": "by field", "records": "by stage",
    }),
    "event": Shape(1, ("pipeline show --follow",), {
        "stage": "", "number": "of the stage", "done": "", "total": "of what is counted", "is_cached": "it was there already",
        "is_end": "the stage is done", "note": "a sentence, or empty",
    }),
    "queue": Shape(1, ("queue list",), {}, "jobs", {
        "job": "id", "state": "queued, running, done, failed or cancelled", "text": "what is said", "submitted": "seconds since 1970",
        "priority": "higher ones first", "attempts": "", "ended": "seconds since 1970, or null", "error": "null, or kind and message",
    }),
    "voice": Shape(1, ("voice clone", "voice show", "voice update"), {
        "name": "", "language": "", "created": "seconds since 1970", "consent": "noted or not", "consent_id": "of the API's consent",
        "source": "the recording's file name", "seconds": "of the recording", "median_f0_hz": "pitch, or null",
        "preview_preset": "what speaks for it in the preview", "warnings": "sentences", "reference_sha256": "",
    }),
    "voices": Shape(1, ("voice list",), {
        "voices": "as `voice show` prints each", **LOOKED_AFTER, "presets": "names and what they are",
    }),
    "presets": Shape(1, ("voice presets",), {"presets": "name, languages, licence, use, and whether it is here"}),
    "portrait": Shape(1, ("portrait add", "portrait show"), {
        "name": "", "title": "what people call it", "created": "seconds since 1970", "source": "file name, or null",
        "face": "which one, or null", "width": "pixels", "height": "pixels", "notes": "sentences", "picture": "path",
        "is_clip": "it speaks on the full stack alone",
    }),
    "portraits": Shape(1, ("portrait list",), {"portraits": "as `portrait show` prints each", **LOOKED_AFTER}),
    "drawing": Shape(1, ("portrait generate",), {"output": "path", "notes": "sentences"}),
    "check": Shape(1, ("check",), {
        "file": "path", "kind": "recording, picture or video", "passed": "no limit is missed", "failed": "a sentence for each that is",
        "warnings": "sentences",
        "width": "of a picture or a video, pixels", "height": "pixels",
        "faces": "of a picture: box (left, top, right, bottom), width, tilt_degrees, turn_degrees, usable",
        "audio_codec": "of a recording or a video, or null", "seconds": "of a recording; where it can be no voice, this and what follows to peak_dbfs are not there",
        "sample_rate": "Hz", "channels": "", "rms_dbfs": "", "lufs": "", "speech_seconds": "louder than the background",
        "clipped_share": "0 to 1", "snr_db": "speech over the background", "median_f0_hz": "pitch, or null", "peak_dbfs": "or null",
        "frame_rate": "of a video, as all that follows", "frames": "", "video_seconds": "from the file's beginning to the last picture's end",
        "declared_seconds": "what the file claims, or null", "video_codec": "", "audio_seconds": "or null, as all that is heard",
        "difference_seconds": "between picture and sound", "audio_rms_dbfs": "", "audio_lufs": "", "audio_peak_dbfs": "",
        "frames_with_face": "", "opening": "of the mouth, by the distance between the eyes: min, median, max; or null",
        "opening_to_intended": "r and lag_ms against what the face was asked to do; null where that is not known",
        "opening_to_sound": "r and lag_ms against the loudness, or null", "lip_sync": "with --lse: SyncNet's figures, else null",
        "lip_sync_left_out": "why, or null", "seen": "{figure: value, or null where it cannot be told}: lids, lips, teeth, the head",
        "black_share": "of the frames", "frozen_share": "of the frames",
    }),
    "verify": Shape(1, ("verify",), VERDICT),
    "verdicts": Shape(1, ("verify FILES",), {}, "files", {
        **VERDICT, "error": "null, or kind and message of a file that cannot be looked at: what is above is null, but file and exit_code",
    }),
    "status": Shape(1, ("status",), {
        "host": "by name", "checks": "name, ok, message, remedy, warns", "fingerprints": "{layer: hex}",
    }),
    "fit": Shape(1, ("fit",), {
        "gpu": "name, vram_mib, capability, source, of this host driver and torch too; or null", "profile": "name", "dtype": "",
        "lips_batch": "frames a step", "portrait_steps": "of denoising", "video_seconds": "that were asked about",
        "least_vram_mib": "of the profile", "room_mib": "of the card, or of the host without one", "fits": "",
        "stages": "{stage: model, weights_mib, live_mib, copies_mib, allowance_mib, floor_mib, need_mib, worst, peak_allocated_mib, seconds}",
        "peaks_from": "how those are known", "seconds_from": "how those are known", "measured": "on this host",
        "disk": "weights, converted, missing, free: bytes",
        "cloning": CLONING, "passed_over": "why this host's card is not used",
    }),
    "models": Shape(1, ("models list",), {"lock": "path", "models": "name, licence, commercial use, bytes and state of each",
                                     "cloning": CLONING}),
    "verified": Shape(1, ("models verify",), {}, "models", {
        "name": "", "ok": "", "message": "", "problems": "sentences",
    }),
    "licences": Shape(1, ("status --licences",), {}, "packages", {
        "package": "", "version": "", "layer": "base, full, …", "licence": "",
    }),
}  # fmt: skip


def versioned(kind: str, content: Any) -> dict[str, Any]:
    """An object or a list of this kind, with its version first."""
    shape = SHAPES[kind]
    return {"version": shape.version, **({shape.rows: content} if shape.rows else content)}


def page() -> str:
    """The tables of docs/json.md."""
    parts = []
    for kind, shape in SHAPES.items():
        commands = ", ".join(f"`{command}`" for command in shape.commands)
        rows = [f"| `{key}` | {what} |" for key, what in (shape.each or shape.keys).items()]
        under = f"A list under `{shape.rows}`, of objects:\n\n" if shape.rows else ""
        table = "\n".join(["| key | holds |", "|---|---|", *rows])
        parts.append(f"## {kind}, version {shape.version}\n\nBy {commands}.\n\n{under}{table}\n")
    return "\n".join(parts)
