"""Faults in what is checked in: the locks, our code, our tests, conda's files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.gates.ground import Ground

Plant = Callable[[Ground], None]


def spoil(name: str, old: str, new: str) -> Plant:
    """A file of the checkout with another text in one place."""
    return lambda ground: ground.edit(ground.root / name, old, new)


def lock_line(ground: Ground, layer: str, name: str) -> str:
    text = (ground.root / f"locks/{layer}.txt").read_text()
    return next(line for line in text.splitlines(keepends=True) if line.startswith(f"{name}=="))


def change_line(ground: Ground, name: str, old: str, new: str) -> None:
    """Change the line of a package in the base layer."""
    line = lock_line(ground, "base", name)
    assert old in line
    ground.edit(ground.root / "locks/base.txt", line, line.replace(old, new, 1))


raise_pin = spoil("pyproject.toml", "click==8.5.1", "click==8.6.0")
add_dependency = spoil("pyproject.toml", '    "click==8.5.1",', '    "six==1.17.0",\n    "click==8.5.1",')
edit_payload = spoil("locks/payload.json", '"payload": "', '"payload": "0')


def call_uv(ground: Ground) -> None:
    ground.add(ground.root / "ci/more.py", 'import subprocess\n\nsubprocess.run(["uv", "pip", "install", "six"])\n')


def edit_version(ground: Ground) -> None:
    change_line(ground, "click", "click==8.5.1", "click==8.6.0")


def move_layer(ground: Ground) -> None:
    line = lock_line(ground, "base", "cffi")
    ground.edit(ground.root / "locks/base.txt", line, "")
    full = ground.root / "locks/full.txt"
    ground.replace(full, full.read_text() + line)


def drop_line(layer: str, name: str) -> Plant:
    return lambda ground: ground.edit(ground.root / f"locks/{layer}.txt", lock_line(ground, layer, name), "")


def pin_sdist(ground: Ground) -> None:
    change_line(ground, "click", "-py3-none-any.whl", ".tar.gz")


def empty_hash(ground: Ground) -> None:
    digest = lock_line(ground, "base", "click").split("sha256:")[1][:64]
    change_line(ground, "click", digest, "")


def pin_for_312(ground: Ground) -> None:
    change_line(ground, "numpy", "-cp311-cp311-", "-cp312-cp312-")


def pin_for_newer_glibc(ground: Ground) -> None:
    change_line(ground, "numpy", "manylinux_2_27_x86_64.manylinux_2_28_x86_64", "manylinux_2_39_x86_64")


def name_host(ground: Ground) -> None:
    path = ground.root / "locks/base.txt"
    ground.replace(path, "# --index-url https://mirror.example.org/simple\n" + path.read_text())


def code(text: str) -> Plant:
    return lambda ground: ground.add(ground.root / "avatar/voice/planted.py", text)


def test(text: str) -> Plant:
    return lambda ground: ground.add(ground.root / "tests/test_planted.py", text)


def stub(name: str) -> Plant:
    return lambda ground: ground.add(ground.root / "tests" / name, "Image = None\n")


# ---------------------------------------------------------------- conda


def drop_conda_package(name: str) -> Plant:
    def plant(ground: Ground) -> None:
        head, *entries = (ground.root / "conda-lock.yml").read_text().split("\n- name: ")
        kept = [entry for entry in entries if entry.splitlines()[0] != name]
        assert len(kept) == len(entries) - 1
        ground.replace(ground.root / "conda-lock.yml", "\n- name: ".join([head, *kept]))

    return plant


def other_conda_python(ground: Ground) -> None:
    ground.edit(ground.root / "conda-lock.yml", "version: 3.11.15", "version: 3.13.5")
    ground.edit(ground.root / "conda-lock.yml", "python-3.11.15-", "python-3.13.5-")


def conda_package(ground: Ground, name: str) -> dict:
    entries = yaml.safe_load((ground.root / "conda-lock.yml").read_text())["package"]
    return next(entry for entry in entries if entry["name"] == name)


def empty_conda_hash(ground: Ground) -> None:
    digest = conda_package(ground, "python")["hash"]["sha256"]
    ground.edit(ground.root / "conda-lock.yml", digest, "''")


def conda_packages(ground: Ground) -> None:
    """A folder of downloaded packages: small real files, and a lock of their digests."""
    folder = ground.scratch / "pkgs"
    folder.mkdir()
    path = ground.root / "conda-lock.yml"
    text = path.read_text()
    for package in yaml.safe_load(text)["package"]:
        file = folder / package["url"].rpartition("/")[2]
        content = f"the package {file.name}\n".encode() * 100
        file.write_bytes(content)
        text = text.replace(package["hash"]["sha256"], hashlib.sha256(content).hexdigest())
        text = text.replace(package["hash"]["md5"], hashlib.md5(content).hexdigest())
    ground.replace(path, text)


def downloaded_python(ground: Ground) -> Path:
    [file] = (ground.scratch / "pkgs").glob("python-3*")
    return file


def flip_conda_package(ground: Ground) -> None:
    ground.flip(downloaded_python(ground))


def wrong_conda_md5(ground: Ground) -> None:
    digest = hashlib.md5(downloaded_python(ground).read_bytes()).hexdigest()
    ground.edit(ground.root / "conda-lock.yml", digest, "0" * 32)


def remove_conda_package(ground: Ground) -> None:
    downloaded_python(ground).unlink()
