"""Building an image with buildah and running commands in it: as root, in a chroot, without the network."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci import wheels
from ci.container import base, downloads, labels
from ci.container.host import KEPT, ROOT, Problem, need, run, say

TARGETS = ("preview", "full", "pocket", "pod", "serverless")
BELOW = {"full": "preview", "pocket": "preview", "pod": "full", "serverless": "full"}
DRIVER = "overlay"  # another storage driver lists other touched folders, so the digests would differ
BUILDAH = ("buildah", "--root", KEPT / "storage", "--runroot", KEPT / "running", "--storage-driver", DRIVER)
OFFLINE = ("unshare", "--net")  # a chroot shares the host's network; this namespace has none
BASE_IMAGE = "localhost/avatar-base"
# What a target is made of besides the base and its downloads.
SOURCES = ("Dockerfile", ".dockerignore", "LICENSE", "NOTICE.md", "avatar", "docker", "locks")


@dataclass(frozen=True)
class Image:
    """A built image; `folder` holds its manifest and its compressed layers, as a registry would."""

    target: str
    name: str
    folder: Path

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256((self.folder / "manifest.json").read_bytes()).hexdigest()

    @property
    def megabytes(self) -> float:
        """The compressed layers, in 10^6 bytes."""
        layers = json.loads((self.folder / "manifest.json").read_text())["layers"]
        return sum(layer["size"] for layer in layers) / 1e6

    @property
    def config(self) -> dict:
        manifest = json.loads((self.folder / "manifest.json").read_text())
        return json.loads((self.folder / manifest["config"]["digest"].removeprefix("sha256:")).read_text())["config"]


def budget(target: str) -> int:
    """The most the target may weigh, in MB: docker/budgets.toml."""
    return tomllib.loads((ROOT / "docker" / "budgets.toml").read_text())[target]


def check_budget(image: Image) -> None:
    """Raises Problem where an image weighs more than docker/budgets.toml allows."""
    if image.megabytes > budget(image.target):
        raise Problem(
            f"{image.target} weighs {image.megabytes:.0f} MB, more than the {budget(image.target)} MB of "
            "docker/budgets.toml: take out what it does not need, or raise the budget there and say why"
        )


def build(target: str, on: str = "", again: bool = False) -> Image:
    """Build a target, or take the image that was built from the same files; `again` builds it in any case, beside it.

    `on` names another target whose image `pod` or `serverless` is put upon: its own layer can then be tried without the
    full stack.
    """
    need("buildah", "unshare", "apt-get", root=True)
    downloads.fetch(target, on)
    chosen = labels.labels(on or target, downloads.DOWNLOADS / "debs" / "debs.txt")
    import_base()
    name = f"{target}-on-{on}" if on else target
    tag = key_of(chosen) + ("-again" if again else "")
    image = Image(target, f"localhost/avatar-{name}:{tag}", KEPT / "images" / name / tag)
    if image.folder.exists() and exists(image.name) and not again:
        check_budget(image)
        return image
    say(f"building {name}")
    stages = ("downloads", "full-downloads", "serverless-downloads")
    contexts: dict[str, Path | str] = dict.fromkeys(stages, downloads.CONTEXT)
    if on:
        contexts["full"] = f"container-image://{build(on).name}"
    elif below := BELOW.get(target):
        contexts[below] = f"container-image://{build(below).name}"
    run(
        *OFFLINE, *BUILDAH, "bud", "--isolation", "chroot", "--pull=never", "--no-cache", "--timestamp", "0",
        "--format", "docker",  # OCI's own format knows no HEALTHCHECK
        "--build-arg", f"BASE={BASE_IMAGE}",
        *(f"--build-context={stage}={place}" for stage, place in contexts.items()),
        *(f"--label={label}={value}" for label, value in chosen.items()),
        *(["--build-arg", "FULL=pocket"] if target == "pocket" else []),
        "--target", "full" if target == "pocket" else target, "--tag", image.name, "--file", ROOT / "Dockerfile", ROOT,
    )  # fmt: skip
    remove_others(image, but=tag.removesuffix("-again"))
    partial = image.folder.with_name(f"{tag}.partial")
    partial.mkdir(parents=True)
    run(*BUILDAH, "push", "--quiet", image.name, f"dir:{partial}")
    forget_container(partial)
    partial.replace(image.folder)
    check_budget(image)
    return image


def remove_others(image: Image, but: str) -> None:
    """Remove what was built under the image's name from other files: each build takes 2 GB of disk."""
    for folder in image.folder.parent.glob("*"):
        if folder.name != but:
            shutil.rmtree(folder)
            subprocess.run([*BUILDAH, "rmi", image.name.replace(image.folder.name, folder.name)], capture_output=True)


def forget_container(folder: Path) -> None:
    """Take the random name of the container that an image was committed from out of its config: the only difference
    between two builds. Docker's format has the field, and neither Docker nor buildah reads it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / manifest["config"]["digest"].removeprefix("sha256:")
    config = json.loads(path.read_text())
    config.pop("container", None)
    for settings in (config["config"], config.get("container_config", {})):
        settings["Hostname"] = ""
    path.unlink()
    body = json.dumps(config, sort_keys=True).encode()
    manifest["config"] |= {"digest": f"sha256:{hashlib.sha256(body).hexdigest()}", "size": len(body)}
    (folder / manifest["config"]["digest"].removeprefix("sha256:")).write_bytes(body)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=3))


def key_of(chosen: dict[str, str]) -> str:
    """A short digest of everything an image is made of, so that a changed file makes another image."""
    total = hashlib.sha256(json.dumps(chosen).encode() + base.digest().encode())
    for source in SOURCES:
        for path in sorted([ROOT / source, *(ROOT / source).rglob("*")]):
            if path.is_file() and path.suffix != ".pyc":
                total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:12]


def exists(name: str) -> bool:
    return subprocess.run([*BUILDAH, "inspect", "--type", "image", name], capture_output=True).returncode == 0


def import_base() -> None:
    """base.tar as the image BASE_IMAGE, under its digest too, so that another base is another image."""
    tar = base.make()
    name = f"{BASE_IMAGE}:{base.digest()[:12]}"
    if exists(name):
        return
    folder = KEPT / "import"
    folder.mkdir(parents=True, exist_ok=True)
    wheels.place(tar, folder / "base.tar")
    (folder / "Dockerfile").write_text('FROM scratch\nADD base.tar /\nCMD ["bash"]\n')
    run(*BUILDAH, "bud", "--isolation", "chroot", "--timestamp", "0", "--format", "docker",
        "--tag", name, "--tag", BASE_IMAGE, folder)  # fmt: skip


# ---------------------------------------------------------------- running


@contextmanager
def container(image: Image) -> Iterator[str]:
    """A container of an image, gone afterwards."""
    name = run(*BUILDAH, "from", "--pull=never", image.name).strip()
    try:
        yield name
    finally:
        run(*BUILDAH, "rm", name)


def command_in(container_name: str, *command: str | Path, workspace: Path | None = None) -> list[str | Path]:
    """The command line that runs a command in a container as the image's own user, without the network.

    `workspace` is a folder of the host that is seen as /workspace; that user must be able to write there.
    """
    volume = ["--volume", f"{workspace}:/workspace"] if workspace else []
    return [*OFFLINE, *BUILDAH, "run", "--isolation", "chroot", *volume, container_name, "--", *command]
