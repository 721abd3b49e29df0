"""Base and packages, moved together: an official base, and the packages that the dated archive held when it was made.

Official Debian images name that archive, and their time in it, in a comment of their apt sources. So the same two lines
of the Dockerfile and the same locks/debs.txt come out whenever this runs on the same base.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from ci.container import debs
from ci.container.build import BUILDAH
from ci.container.host import ROOT, Problem, need, run

DOCKERFILE = ROOT / "Dockerfile"
SOURCES = ROOT / "docker" / "dated-sources.sh"
# The two lines of the Dockerfile that name the base.
BASE = re.compile(
    r"^# (?P<tag>\S+) of (?P<day>\d{4}-\d\d-\d\d).*\nARG BASE=(?P<image>\S+@sha256:[0-9a-f]{64})$", re.MULTILINE
)


def base_day(dockerfile: Path = DOCKERFILE) -> date:
    """The day of the base that the Dockerfile names."""
    if not (match := BASE.search(dockerfile.read_text())):
        raise Problem(
            f"{dockerfile.name} does not name its base as `# NAME of YYYY-MM-DD` above `ARG BASE=NAME@sha256:...`"
        )
    return date.fromisoformat(match["day"])


def ages(today: date, dockerfile: Path = DOCKERFILE, lock: Path = debs.LOCK) -> str:
    """Two lines: of what day base and packages are, and how many days lie between then and `today`."""
    days = {"base": base_day(dockerfile), "packages": debs.read_snapshot(lock).date()}
    return "\n".join(f"{part:8} of {day}, {(today - day).days} days old" for part, day in days.items())


@contextmanager
def pulled(image: str) -> Iterator[tuple[str, Path]]:
    """(digest, folder with its apt sources, keys and package states) of an image that buildah can pull."""
    need("buildah", root=True)
    container = run(*BUILDAH, "from", "--pull-always", image).strip()
    try:
        digest = run(*BUILDAH, "inspect", "--format", "{{.FromImageDigest}}", container).strip()
        tree = Path(run(*BUILDAH, "mount", container).strip())
        with tempfile.TemporaryDirectory(prefix="avatar-base-") as folder:
            for part in ("etc/apt", "usr/share/keyrings", "var/lib/dpkg/status"):
                target = Path(folder, part)
                target.parent.mkdir(parents=True, exist_ok=True)
                if (tree / part).is_dir():
                    shutil.copytree(tree / part, target)
                elif (tree / part).exists():
                    shutil.copyfile(tree / part, target)
            yield digest, Path(folder)
    finally:
        run(*BUILDAH, "rm", container)


def move(image: str, digest: str, root: Path, dockerfile: Path = DOCKERFILE, lock: Path = debs.LOCK) -> datetime:
    """Note a base, and write the lock from the dated archive that its apt sources (in `root`) name; the time of both.

    Nothing is written where a step fails.
    """
    name = image.partition("@")[0]
    found = [path.read_text() for path in (root / "etc/apt").rglob("*") if path.is_file()]
    times = re.findall(r"^# .*/(\d{8}T\d{6}Z)\b", "\n".join(found), re.MULTILINE)
    if not times:
        raise Problem(f"the apt sources of {image} name no dated archive: take an official Debian image")
    snapshot = datetime.strptime(max(times), debs.SNAPSHOT).replace(tzinfo=UTC)
    use_dated_archive(root, max(times))
    debs.update(root)
    packages = debs.resolve(root)
    text, count = BASE.subn(
        f"# {name.rpartition('/')[2]} of {snapshot.date()}, by the dated archive that it names.\nARG BASE={name}@{digest}",
        dockerfile.read_text(),
    )
    if count != 1:
        base_day(dockerfile)
    debs.write(packages, snapshot, lock)
    dockerfile.write_text(text)
    return snapshot


def use_dated_archive(root: Path, time: str) -> None:
    """Let the apt sources of `root` be those of the dated archive alone, whose indexes are past their date."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["sh", SOURCES, time, folder, *debs.options(root)], capture_output=True, text=True)
        if done.returncode:
            raise Problem(f"no apt source could be made of {root / 'etc/apt'}: {done.stderr.strip()}")
        parts = root / "etc/apt/sources.list.d"
        shutil.rmtree(parts, ignore_errors=True)
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
        shutil.copytree(folder, parts)
