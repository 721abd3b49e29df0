"""Given speech: does the mouth close at p, b and m, tuck at f and v and round at sh, ch, w and uw, and rest in pauses?

Our own voices speak, and say when each phone is; then the sound is taken as a recording of which nothing is known. A folder
of real recordings can be given too: NAME.wav with NAME.txt (its transcript) and NAME.phone.json (phones as the program
pocketsphinx writes them, which is that decoder's own alignment).

usage: ./run --full python bench/given_speech.py [--presets joe heart] [-n 60] [--recordings DIR] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from avatar.engines import Told, WantedSpeech
from avatar.files import write_json
from avatar.lips.warp.motion import plan_motion
from avatar.lips.warp.visemes import LEAD_S
from avatar.media.sound_file import read_wav, write_wav
from avatar.progress import Progress
from avatar.voice.given.arpabet import IPA_OF
from avatar.voice.given_speech import GivenSpeech
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.speech import Phone, Speech
from bench.sentences import SENTENCES

RATE = 25
SHUT = 0.08  # of the widest opening
TOGETHER = 4  # sentences in a recording
NOISE_DB = 20.0  # of speech over noise
PAUSE_NOISE_DBFS = -38.0
PAUSE_S, EDGE_S = 0.3, 0.12  # pauses from this length on are looked at, without their edges
SHUT_AT, TUCKED_AT, ROUND_AT = "pbm", "fvɱ", "ʃʒʧʤwu"
MARKS = " ,.!?;:¡¿—…"


class Case(NamedTuple):
    """A recording of which everything is known."""

    source: str
    speech: Speech
    transcript: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="*", default=["joe", "heart"])
    parser.add_argument("-n", type=int, default=60, help="sentences for each voice")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="folders of real recordings")
    parser.add_argument("-o", "--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    cases = [case for folder in options.recordings for case in recorded(folder)]
    cases += [case for name in options.presets for case in spoken(name, options.n)]
    result: dict = {}
    for sound, change in SOUNDS.items():
        for source in dict.fromkeys(case.source for case in cases):
            found = measured([case for case in cases if case.source == source], sound, change)
            result.setdefault(source, {})[sound] = found
            print(source, sound, json.dumps(found, indent=1), flush=True)
    if options.output:
        write_json(options.output, result)
    return 0


def spoken(preset: str, count: int) -> Iterator[Case]:
    chosen = [SENTENCES[index] for index in np.linspace(0, len(SENTENCES) - 1, count).astype(int)]
    with PresetVoice.load() as voice:
        for first in range(0, count, TOGETHER):
            text = " ".join(chosen[first : first + TOGETHER])
            yield Case(preset, voice.speak(WantedSpeech(text, preset=preset), Told(), Progress()), text)


def recorded(folder: Path) -> Iterator[Case]:
    for told in sorted(folder.glob("*.phone.json")):
        base = told.name.removesuffix(".phone.json")
        samples, sample_rate = read_wav(folder / f"{base}.wav")
        words = json.loads(told.read_text())["w"]
        phones = [Phone(IPA_OF.get(p["t"], " "), p["b"], p["b"] + p["d"]) for word in words for p in word["w"]]
        yield Case(folder.name, Speech(samples, sample_rate, phones), (folder / f"{base}.txt").read_text().strip())


def measured(cases: list[Case], sound: str, change: Callable[[np.ndarray], np.ndarray]) -> dict:
    """{what was known: figures}; of the recordings with a noisy floor some are enough, for their pauses."""
    others = [*cases[1:], cases[0]]
    if change is with_floor:
        cases = cases[:2]
    found: dict = {
        known: summary([figures(case, change, known) for case in cases]) for known in ("transcript", "sound", "bands")
    }
    if sound == "clean":
        swapped = [case._replace(transcript=other.transcript) for case, other in zip(cases, others, strict=True)]
        refused = sum(figures(case, change, "transcript")["another_text"] for case in swapped)
        found["transcripts of others told"] = f"{refused} of {len(cases)}"
    return found


def noisy(samples: np.ndarray) -> np.ndarray:
    """With noise NOISE_DB under the level of all that is not silent."""
    loud = samples[np.abs(samples) > 1e-3]
    level = np.sqrt(np.mean(loud**2)) * 10 ** (-NOISE_DB / 20)
    return samples + np.random.default_rng(1).normal(0, level, len(samples)).astype(np.float32)


def with_floor(samples: np.ndarray) -> np.ndarray:
    """With noise of PAUSE_NOISE_DBFS, the speech being at the loudness of all speech."""
    level = 10 ** (PAUSE_NOISE_DBFS / 20)
    return samples + np.random.default_rng(2).normal(0, level, len(samples)).astype(np.float32)


SOUNDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "clean": lambda samples: samples, f"{NOISE_DB:.0f} dB": noisy, f"{PAUSE_NOISE_DBFS:.0f} dBFS": with_floor
}  # fmt: skip


def figures(case: Case, change: Callable[[np.ndarray], np.ndarray], known: str) -> Counter:
    """How often each was asked for, and how often it was there."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "talk.wav")
        write_wav(path, np.clip(change(case.speech.samples), -1, 1), case.speech.sample_rate)
        transcript = case.transcript if known == "transcript" else None
        began, told = time.process_time(), Told()
        with GivenSpeech.load() as engine:
            language = "de" if known == "bands" else "en"
            heard = engine.speak(WantedSpeech(None, path, transcript, language=language), told, Progress())
    took_s = time.process_time() - began
    count = case.speech.frame_count(RATE)
    mouth = plan_motion(heard, count, RATE, 7).mouth
    opening, width, tuck = mouth[:, 0], mouth[:, 1], mouth[:, 3]
    shut = opening < SHUT * opening.max()
    found: Counter = Counter(seconds=case.speech.seconds, took_s=took_s, fell_back=not heard.phones)
    found["another_text"] = any("does not fit" in note for note in told.notes)
    in_speech = np.ones(count, bool)
    wanted = np.zeros(count, bool)
    for phone in case.speech.phones:
        frames = near(phone, count)
        if phone.symbol in SHUT_AT:
            found += Counter(pbm=1, pbm_shut=shut[frames].any())
            wanted[frames] = True
        if phone.symbol in TUCKED_AT:
            found += Counter(fv=1, fv_tucked=(tuck[frames] > 0.5).any())
            in_speech[frames] = False  # they may be shut or not
        if phone.symbol in ROUND_AT:
            found += Counter(rounded=1, rounded_seen=(width[frames] < -0.25).any())
        if phone.symbol in MARKS:
            in_speech[near(phone, count)] = False
            if phone.end_s - phone.start_s >= PAUSE_S:
                inner = slice(int((phone.start_s + EDGE_S) * RATE), int((phone.end_s - EDGE_S) * RATE))
                found += Counter(pause_frames=len(opening[inner]), pause_open=(opening[inner] > 0.02).sum())
    for run in runs(shut):
        if in_speech[run].all():
            found += Counter(shut_runs=1, shut_runs_right=wanted[run].any())
    theirs = [phone for phone in case.speech.phones if phone.symbol in SHUT_AT]
    for phone in heard.phones:
        if phone.symbol in SHUT_AT:
            there = any(phone.start_s < p.end_s + 0.03 and p.start_s - 0.03 < phone.end_s for p in theirs)
            found += Counter(heard=1, heard_right=there)
    for each in theirs:
        there = any(
            p.symbol in SHUT_AT and p.start_s < each.end_s + 0.03 and each.start_s - 0.03 < p.end_s
            for p in heard.phones
        )
        found += Counter(theirs_heard=there)
    return found


def near(phone: Phone, count: int) -> slice:
    """The frames that may show a phone: half of one to either side of it, and the lead of lips before sound."""
    first = int(np.floor((phone.start_s - LEAD_S) * RATE - 0.5)) + 1
    last = int(np.ceil((phone.end_s - LEAD_S + 0.02) * RATE - 0.5)) + 1
    return slice(min(max(first, 0), count - 1), min(max(last, first + 1), count))


def runs(shut: np.ndarray) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shut, [0]])))
    yield from (slice(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True))


def summary(parts: list[Counter]) -> dict:
    total = Counter()
    for part in parts:
        total.update(part)

    def share(part: str, whole: str) -> float | None:
        return round(float(total[part] / total[whole]), 3) if total[whole] else None

    return {
        "p/b/m": int(total["pbm"]), "shut": share("pbm_shut", "pbm"), "shut rightly": share("shut_runs_right", "shut_runs"),
        "phones p/b/m found": share("theirs_heard", "pbm"), "of those found right": share("heard_right", "heard"),
        "f/v tucked": share("fv_tucked", "fv"), "sh/ch/w/uw rounded": share("rounded_seen", "rounded"),
        "open in pauses": share("pause_open", "pause_frames"), "fell back": int(total["fell_back"]), "taken for another text": int(total["another_text"]),
        "s of work a s": share("took_s", "seconds"),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
