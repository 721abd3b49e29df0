"""The child that looks at what was sent in: it decodes, measures, accepts and speaks, so that the web process never does.

    python -P -m avatar.web.checking DESCRIPTOR PARENT

Closed to the network. It reads a question a line from stdin, {"verb", "home", ...}, and writes one line to the descriptor
for each: {"result": ...}, or {"error": {"kind", "message", "fields", "mend"}}. It ends with the process PARENT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from avatar.host import closed

if TYPE_CHECKING:
    from avatar.preflight import Faces

# For an estimate: ten seconds of the preview take 2.6 to 3.5 s on two cores (README.md), about one of them the start.
START_S, LIKELY_SHARE = 1.0, 0.25
MEGAPIXEL_SHARE = 0.3  # and of each megapixel of a frame (bench/frames.py)


def main() -> None:
    descriptor, parent = map(int, sys.argv[1:])
    closed.die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C goes to the server, which ends this one
    closed.prepare_nvidia()
    closed.close_network()
    import avatar.work  # noqa: F401  # while nobody waits yet

    with open(descriptor, "w", encoding="utf-8", buffering=1) as answers:
        for line in sys.stdin:
            answer(json.loads(line), answers)


def answer(question: dict[str, Any], answers: IO[str]) -> None:
    from avatar.failures import as_told

    verb = question.pop("verb")
    os.environ["AVATAR_HOME"] = question.pop("home")
    try:
        told: dict[str, Any] = {"result": VERBS[verb](**question)}
    except Exception as error:
        if os.environ.get("AVATAR_DEBUG", "") not in ("", "0"):
            import traceback

            traceback.print_exc()
        told = {"error": as_told(error).as_json()}
    answers.write(json.dumps(told, default=str) + "\n")


@lru_cache
def faces() -> Faces:
    """The face reader stays loaded in this process, from the first picture on."""
    from avatar.preflight import Faces

    return Faces()


def accept(
    asked: dict[str, Any], priority: int, note: dict[str, Any], key: dict[str, str] | None = None
) -> dict[str, Any]:
    """Check a request as the command line does, and put it into the queue; it is on the disk when this returns.

    note: webhook, metadata and remixed_from, as notes.write has them; key: of an Idempotency-Key. Both are kept before the job is
    in the queue: whatever is killed, a job that ends is told of, and a request that is sent again makes no second one.
    """
    from avatar import asking, settings, work
    from avatar.jobs import home as homes
    from avatar.service import queue
    from avatar.web import notes

    request = asking.request_of(**asked)
    work.prepare(request, None, False, faces())
    home, request = settings.home(), work.with_profile(request)
    job = homes.create(home, request)
    place = queue.place_of(job)
    notes.write(job, **note, is_waiting=place is not None and place.entry.state == "queued")
    if key:
        notes.write_key(Path(key["path"]), key["digest"], job.id, is_taken=False)
    queue.submit(home, request, None, priority)
    return {"job": job.id}


def plan(asked: dict[str, Any]) -> dict[str, Any]:
    """What would be made: the same checks, and about how long it would be."""
    from avatar import asking, preflight, settings
    from avatar.framed import frame_size
    from avatar.jobs.delivery import check_home
    from avatar.request import SIZE
    from avatar.script.length import estimate_seconds
    from avatar.stacks import uncloned

    request = asking.request_of(**asked)
    check_home(settings.home())
    notes = [*preflight.check(request, faces()), *uncloned(request)]
    if request.audio:
        seconds = recording(str(request.audio))["seconds"]
    else:
        assert request.text is not None
        seconds = request.seconds or estimate_seconds(request.text, request.language) / request.speed
    width, height = frame_size(request)
    share = LIKELY_SHARE + MEGAPIXEL_SHARE * (width * height - SIZE * SIZE) / 1e6
    took_s = round(START_S + seconds * max(share, LIKELY_SHARE), 1) if request.stack == "preview" else None
    return {"fits": True, "seconds": round(seconds, 1), "stack": request.stack, "took_s": took_s, "notes": notes}


def speak(asked: dict[str, Any], output: str, sound_format: str, speed: float) -> dict[str, Any]:
    """Speak into a file of one of media/formats.SOUNDS."""
    from avatar import asking, work
    from avatar.media.formats import convert

    wav = Path(output).with_suffix(".wav")
    made = work.speak(asking.speech_of(**asked), wav, True, lambda event: None)
    if (sound_format, speed) != ("wav", 1.0):
        convert(wav, Path(output), sound_format, speed)
    return {"seconds": made.seconds, "notes": made.notes}


def clone(name: str, path: str, language: str, consent: str) -> dict[str, Any]:
    from avatar import settings, voices

    return voices.create(settings.home(), name, Path(path), language, consent=True, consent_id=consent)


def forget(name: str) -> dict[str, Any]:
    """Remove a cloned voice."""
    from avatar import settings, voices

    voices.remove(settings.home(), name)
    return {}


def recording(path: str) -> dict[str, Any]:
    """What a recording measures. Raises InputError for one that is none."""
    from avatar.limits import LONGEST_S
    from avatar.media.sound_file import read_sound

    sound = read_sound(Path(path), LONGEST_S)
    return {"seconds": sound.seconds}


def keep(name: str, path: str, face: int | None, title: str, source: str) -> dict[str, Any]:
    """Keep a picture whose face was found, as a portrait of this name."""
    from avatar import portraits, settings

    return portraits.create(settings.home(), name, Path(path), face, title, source)


def draw(prompt: str, output: str) -> dict[str, Any]:
    """Draw a portrait from words (full stack) into a PNG."""
    from avatar import portraits
    from avatar.asking import request_of
    from avatar.engines import Told
    from avatar.preflight import refuse_missing_parts
    from avatar.progress import Progress
    from avatar.stacks import stack_for
    from avatar.stages import wanted_picture
    from avatar.work import profile_for

    request = request_of(text="a", stack="full", prompt=prompt)
    engine = stack_for(request).portrait
    wanted = wanted_picture(request)
    engine.check(wanted)
    refuse_missing_parts(engine.models)
    with engine.load(profile_for(request)) as drawing:
        found = drawing.picture(wanted, Told(), Progress())
    portraits.write_png(found, Path(output))
    return {}


def sheet(video: str, seconds: float, output: str) -> dict[str, Any]:
    """A picture of each second of a video, in one JPEG."""
    from avatar.media.formats import write_sheet

    write_sheet(Path(video), seconds, Path(output))
    return {}


def table(path: str) -> list[dict[str, Any]]:
    """The rows of a table of videos: what each asks for, or what is wrong with it."""
    from avatar.batch.table import read_table

    rows = read_table(Path(path))
    return [
        {"row": row.number, "name": row.name, "asked": row.asked, "wrong": row.wrong and str(row.wrong)} for row in rows
    ]


def facts() -> dict[str, Any]:
    """What this environment is, for /v1/status."""
    from avatar.jobs.cause import locked_fingerprints
    from avatar.service.worker import stacks_here, this_device
    from avatar.weights import loaders, lock, store

    wanted = loaders.of_the_full_stack(lock.read())
    models = [
        {"id": model.name, "purpose": model.purpose, "revision": model.revision, "bytes": model.needed_bytes,
         "licence": model.licence.name, "commercial": model.licence.commercial, "state": store.state(model)["state"], "wanted": model in wanted, "files": {file.path: file.sha256 for file in model.needed}}
        for model in (*lock.read().models, *lock.read().preview)
    ]  # fmt: skip
    return {"fingerprints": locked_fingerprints(), "device": this_device(), "stacks": stacks_here(), "weights": models}


VERBS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (accept, plan, speak, clone, forget, recording, keep, draw, sheet, table, facts)
}

if __name__ == "__main__":
    main()
