"""Faults in what is installed: files, distributions, the search path."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from tests.gates.ground import Ground


def dist_info(ground: Ground, name: str, layers: str = "base") -> Path:
    [folder] = ground.site(layers).glob(f"{name}-*.dist-info")
    return folder


def install(ground: Ground, name: str, version: str, site: Path, files: dict[str, str]) -> None:
    """What an installer leaves of a distribution: its metadata and its RECORD; files: {path: content, not written}."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    rows = [f"{path},sha256={recorded(content.encode())},{len(content)}\n" for path, content in files.items()]
    ground.add(folder / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    (folder / "RECORD").write_text("".join(rows) + f"{folder.name}/METADATA,,\n{folder.name}/RECORD,,\n")


def recorded(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def flip_shared_object(ground: Ground) -> None:
    ground.flip(ground.site() / "cv2/cv2.abi3.so")


def remove_file(ground: Ground) -> None:
    ground.remove(ground.site() / "mediapipe/__init__.py")


def cut_file(ground: Ground) -> None:
    ground.replace(ground.site() / "pydantic/main.py", "")


def change_with_record(ground: Ground) -> None:
    module, record = ground.site() / "mdurl/_parse.py", dist_info(ground, "mdurl") / "RECORD"
    content = module.read_bytes()
    changed = content.replace(b"import", b"impOrt", 1)
    ground.replace(module, changed)
    ground.edit(record, recorded(content), recorded(changed))


def second_cv2(ground: Ground) -> None:
    install(ground, "opencv-contrib-python", "4.14.0.94", ground.site(), {"cv2/__init__.py": "# the other one\n"})


def own_twice(ground: Ground) -> None:
    ground.edit(dist_info(ground, "rich") / "RECORD", "rich/abc.py,", "click/core.py,")


def extra_distribution(ground: Ground) -> None:
    install(ground, "docopt", "0.6.2", ground.site(), {})


def two_versions(ground: Ground) -> None:
    install(ground, "numpy", "1.26.4", ground.site(), {})


def stray_module(ground: Ground) -> None:
    ground.add(ground.site() / "sitecustomize.py", "import os\n")


def remove_dist_info(ground: Ground) -> None:
    ground.remove(dist_info(ground, "numpy"))


def other_dependency(ground: Ground) -> None:
    metadata = dist_info(ground, "pydantic_core") / "METADATA"
    version = next(line for line in metadata.read_text().splitlines() if line.startswith("Version: "))
    ground.edit(metadata, version, "Version: 2.0.1")


def downgrade_transformers(ground: Ground) -> None:
    folder = dist_info(ground, "transformers", "full")
    older = folder.with_name("transformers-5.10.0.dist-info")
    ground.edit(folder / "METADATA", "Version: 5.23.0", "Version: 5.10.0")
    folder.rename(older)
    ground.cleanup.callback(older.rename, folder)


def half_a_layer(ground: Ground) -> None:
    for name in ("coqpit_config", "huggingface_hub", "tokenizers"):
        ground.remove(dist_info(ground, name, "full"))


def without(layers: str, module: str) -> Callable[[Ground], None]:
    """A module and its distribution are not installed."""

    def plant(ground: Ground) -> None:
        site = ground.site(layers)
        for path in [site / module, site / f"{module}.py", *site.glob(f"{module}*.dist-info")]:
            if path.exists():
                ground.remove(path)

    return plant


def without_openblas(ground: Ground) -> None:
    [library] = ground.site().glob("numpy.libs/libscipy_openblas*.so")
    ground.remove(library)


def shadow_in_pythonpath(ground: Ground) -> None:
    ground.add(ground.scratch / "mine/cv2.py", "VideoCapture = None\n")
    ground.env["PYTHONPATH"] = str(ground.scratch / "mine")


def shadow_standard_library(ground: Ground) -> None:
    ground.add(ground.scratch / "mine/colorsys.py")
    ground.env["PYTHONPATH"] = str(ground.scratch / "mine")


def open_to_another_folder(ground: Ground) -> None:
    """As `pip install --editable` leaves it. (An environment with the system's packages runs what those bring along
    for the start of Python; nothing foreign may run over hard links.)"""
    ground.add(ground.site() / "__editable__.docopt.pth", f"{ground.scratch}/other\n")
    install(ground, "docopt", "0.6.2", ground.scratch / "other", {})


def locks_nowhere(ground: Ground) -> None:
    ground.env["AVATAR_LOCKS"] = str(ground.scratch / "nowhere")
