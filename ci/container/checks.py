"""What CI asks of a built image: that it is the locked environment, renders, and comes out the same twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avatar.environment import locks, payload
from ci.container import build, downloads, layers
from ci.container.build import Image
from ci.container.host import ROOT, Problem, need, run, sha256_of

INSIDE = Path(__file__).with_name("inside.py")
POD_SESSION = Path(__file__).with_name("pod-session.sh")
USER = 1000  # the image's user


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that the image's user may write to, for /workspace."""
    with tempfile.TemporaryDirectory(prefix="avatar-image-") as folder:
        os.chown(folder, USER, USER)
        yield Path(folder)


def check_contents(image: Image) -> None:
    """No other Python, no compiler, nothing writable, hashed byte code, and really no network."""
    with build.container(image) as name:
        if found := run(*build.command_in(name, "python3", "-I", "-c", INSIDE.read_text())).strip():
            raise Problem(f"{image.target} holds what it must not:\n{found}")


def check_environment(image: Image) -> dict[str, str]:
    """{layer: fingerprint} as `avatar status --strict` finds them, equal to what the locks say and the labels claim."""
    with build.container(image) as name:
        done = subprocess.run(
            build.command_in(name, "avatar", "status", "--strict", "--json"), capture_output=True, text=True
        )
    if done.returncode:
        raise Problem(f"avatar status --strict fails in {image.target}:\n{done.stdout}{done.stderr}")
    found = json.loads(done.stdout)["fingerprints"]
    lock = locks.read_payload(ROOT / "locks")
    for layer, fingerprint in found.items():
        if (
            not fingerprint
            == payload.layer_fingerprint(lock[layer])
            == image.config["Labels"][f"avatar.fingerprint.{layer}"]
        ):
            raise Problem(
                f"{image.target}: the fingerprint of {layer} is {fingerprint}, not that of locks/payload.json"
            )
    return found


def render_demo(image: Image) -> str:
    """sha256 of the demo that the image renders; `avatar check` has accepted it."""
    with build.container(image) as name, workspace() as folder:
        run(*build.command_in(name, "avatar", "demo", "--no-sign", "-o", "demo.mp4", workspace=folder))
        run(*build.command_in(name, "avatar", "check", "demo.mp4", workspace=folder))
        return sha256_of(folder / "demo.mp4")


def check_service(image: Image) -> None:
    """`avatar serve` goes on in the environment beside, starts its worker, and ends when it is told to."""
    with build.container(image) as name:
        command = ["timeout", "--signal", "INT", "20", "avatar", "serve", "--port", "0"]
        done = subprocess.run(build.command_in(name, *command), capture_output=True, text=True)
    if not done.stdout.startswith("http://127.0.0.1:") or "Traceback" in done.stderr:
        raise Problem(f"avatar serve does not start in {image.target}:\n{done.stdout}{done.stderr}")


def check_rebuild(image: Image) -> None:
    """Build it again from the same files, downloaded at another time; the manifest must be the same."""
    for path in downloads.DOWNLOADS.glob("*/*"):
        os.utime(path, (0, 0))
    again = build.build(image.target, again=True)
    try:
        if again.name != f"{image.name}-again":
            raise Problem("files of the checkout changed while the images were built: run this again")
        if again.digest != image.digest:
            differing = "\n".join(layers.differences(image.folder, again.folder)[:20])
            raise Problem(f"two builds of {image.target} differ ({image.digest}, {again.digest}):\n{differing}")
    finally:
        run(*build.BUILDAH, "rmi", again.name)
        shutil.rmtree(again.folder)


def check_pod() -> None:
    """The pod's own layer, put on the preview: sshd with PUBLIC_KEY and only that key, none without, no secret kept."""
    need("ssh", "ip", "unshare")
    image = build.build("pod", on="preview")
    with build.container(image) as name, tempfile.TemporaryDirectory(prefix="avatar-pod-") as folder:
        session = [
            "unshare",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            POD_SESSION,
            folder,
            name,
            *build.BUILDAH,
        ]
        done = subprocess.run(session, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise Problem(f"the pod's start script does not do what it should:\n{done.stdout}{done.stderr}")


def check_serverless() -> str:
    """RunPod's own layer, put on the preview, answers a job with the bytes that the preview makes; returns their sha256."""
    image, asked = build.build("serverless", on="preview"), {"input": {"text": "Hello.", "preset": "joe"}}
    with build.container(image) as name:
        entry = [*image.config["Entrypoint"], "--test_input", json.dumps(asked)]
        said = run(*build.command_in(name, *entry))
        # of the video without its signed manifest, which is another each time
        if not (found := re.search(r"'video_sha256': '([0-9a-f]{64})'", said)):
            raise Problem(f"the worker made no video:\n{said[-2000:]}")
        command = ["avatar", "pipeline", "run", "--text", "Hello.", "--preset", "joe", "--json"]
        if found[1] not in run(*build.command_in(name, *command)):
            raise Problem("the worker's video is not the one of the command")
    return found[1]
