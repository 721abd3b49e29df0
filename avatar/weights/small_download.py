"""Small files from the hub by Python alone: what the preview fetches comes in the base environment too, which has not the
hub's library. A file is held in memory until its digest is right, so nothing is left half."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

import avatar
from avatar.errors import EnvironmentProblem
from avatar.weights.digests import stamp
from avatar.weights.disk import sync
from avatar.weights.lock import File
from avatar.weights.step import FetchProgress, Step, link

MOST_BYTES = 1_000_000  # of a file that is small
TRIES = 3
TIMEOUT_S = 30
AGAIN = "run the same command again, it goes on where it stopped"


def bring(step: Step, progress: FetchProgress) -> None:
    """Download step.file to step.target. Raises EnvironmentProblem that says why not, and what mends it."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise EnvironmentProblem(
            f"cannot fetch {step.file.repo} {step.file.path}: HF_HUB_OFFLINE is set, which forbids the network; unset it, or lay "
            "the files under a folder that AVATAR_MODELS names (docs/models.md)."
        )
    progress.begin("fetching", step.file)
    content = _content(step.file)
    progress.advance(len(content))
    try:
        _write(step, content)
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot write {error.filename or step.target} ({error.strerror}); mend that, or name another folder in "
            f"AVATAR_MODELS or HF_HOME, then {AGAIN}."
        ) from error


def _content(file: File) -> bytes:
    """The bytes that are locked."""
    import hashlib

    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    url = f"{hub}/{file.repo}/resolve/{file.revision}/{file.path}"
    asked = urllib.request.Request(url, headers={"User-Agent": f"avatar/{avatar.__version__}"})
    why: object = ""
    for _ in range(TRIES):
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:
                content = answer.read(file.size + 1)
        except urllib.error.HTTPError as error:
            raise EnvironmentProblem(
                f"cannot fetch {file.repo} {file.path} from {hub}: it answers with HTTP {error.code}; {AGAIN}."
            ) from error
        except OSError as error:  # no network, no name, a connection that ended
            why = getattr(error, "reason", None) or error
            continue
        if (found := hashlib.sha256(content).hexdigest()) == file.sha256:
            return content
        why = f"what it sent has sha256 {found[:12]}…, not {file.sha256[:12]}…, and was thrown away"
    raise EnvironmentProblem(
        f"cannot fetch {file.repo} {file.path} from {hub} ({why}); check the network, or the proxy in HTTPS_PROXY, then {AGAIN}."
    )


def _write(step: Step, content: bytes) -> None:
    """At its final name at once, under a name of this process until then."""
    in_cache = step.place.layout == "hub"
    final = step.partial.with_name(step.file.sha256) if in_cache else step.target
    final.parent.mkdir(parents=True, exist_ok=True)
    scratch = step.partial.with_name(f"{step.partial.name}.{os.getpid()}")
    try:
        scratch.write_bytes(content)
        sync(scratch)
        scratch.replace(final)
    finally:
        scratch.unlink(missing_ok=True)
    if in_cache:
        link(step, final)
    stamp(step.target, step.file.sha256)
