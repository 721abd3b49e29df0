"""What a recording measures, and whether a voice can be cloned from it, by the same check that cloning begins with."""

from __future__ import annotations

from pathlib import Path

from avatar.errors import InputError
from avatar.media.loudness import decibels
from avatar.media.streams import Streams
from avatar.voice.recording import check_reference

FIGURES = {  # name in the report: attribute of Recording, digits
    "seconds": ("seconds", 3),
    "sample_rate": ("sample_rate", 0),
    "channels": ("channels", 0),
    "rms_dbfs": ("rms_dbfs", 1),
    "lufs": ("lufs", 1),
    "speech_seconds": ("speech_seconds", 2),
    "clipped_share": ("clipped_fraction", 5),
    "snr_db": ("snr_db", 1),
    "median_f0_hz": ("median_f0_hz", 1),
}


def check_recording(path: Path, streams: Streams) -> dict:
    """The figures of a recording; one that cannot be the reference of a voice has only the reason."""
    report = {"kind": "recording", "audio_codec": streams.audio_codec, "warnings": [], "failed": []}
    try:
        recording = check_reference(path)
    except InputError as reason:
        return {**report, "failed": [str(reason)]}
    for name, (attribute, digits) in FIGURES.items():
        value = getattr(recording, attribute)
        report[name] = None if value is None else round(value, digits or None)
    peak = decibels(recording.peak)
    return {**report, "peak_dbfs": None if peak is None else round(peak, 1), "warnings": list(recording.warnings)}


def lines(report: dict) -> list[str]:
    rows = []
    if "seconds" in report:
        pitch = "none" if report["median_f0_hz"] is None else f"{report['median_f0_hz']:.0f} Hz"
        rows = [
            ("length", f"{report['seconds']:.2f} s, {report['speech_seconds']:.2f} s of it louder than the background"),
            ("sound", f"{report['sample_rate']} Hz, channels: {report['channels']}, {report['audio_codec']}"),
            (
                "level",
                f"{report['lufs']} LUFS, {report['rms_dbfs']} dBFS, peak {report['peak_dbfs']}, clipped {report['clipped_share']:.2%}",
            ),
            ("speech", f"{report['snr_db']:.0f} dB over its background, median pitch {pitch}"),
        ]
    rows += [("note", warning) for warning in report["warnings"]]
    return [f"{name:<12}{text}" for name, text in rows]
