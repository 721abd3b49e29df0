"""The needs of a source distribution, read and never run: its setup is somebody's program."""

from __future__ import annotations

import email
import io
import re
import tarfile
from email.message import Message

MOST_BYTES = 20_000_000  # of an archive that is fetched to be read


def sdist_metadata(archive: bytes) -> Message | None:
    """PKG-INFO of a .tar.gz; where that does not tell the needs, setuptools' requires.txt does. None for neither."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            texts = {
                "/".join(member.name.split("/")[1:]): file.read().decode(errors="replace")
                for member in tar
                if member.isfile()
                and re.fullmatch(r"[^/]+/(PKG-INFO|[^/]+\.egg-info/requires\.txt)", member.name)
                and (file := tar.extractfile(member))
            }
    except (tarfile.TarError, OSError, EOFError):
        return None
    metadata = email.message_from_string(texts.pop("PKG-INFO", ""))
    if not metadata["Requires-Dist"]:
        for listing in texts.values():
            for line in requires_dist(listing):
                metadata["Requires-Dist"] = line
    return metadata if metadata.keys() else None


def requires_dist(listing: str) -> list[str]:
    """The lines of an egg-info's requires.txt as Requires-Dist lines: its sections are `[extra:marker]`."""
    lines, condition = [], ""
    for line in map(str.strip, listing.splitlines()):
        if section := re.fullmatch(r"\[([^:\]]*):?(.*)\]", line):
            extra, marker = section.groups()
            condition = " and ".join(
                filter(None, [f"({marker})" if marker else "", f"extra == '{extra}'" if extra else ""])
            )
        elif line and not line.startswith("#"):
            name, _, own = line.partition(";")
            wanted = " and ".join(filter(None, [f"({own.strip()})" if own else "", condition]))
            lines.append(f"{name.strip()} ; {wanted}" if wanted else name.strip())
    return lines
