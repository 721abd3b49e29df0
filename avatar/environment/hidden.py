"""Commands that run with FFmpeg's shared libraries out of sight.

Nothing here may depend on a host's FFmpeg, yet torchcodec loads one where it finds it, which would hide that. In a
mount namespace of its own a child sees /dev/null in the place of each library, so that loading it fails; the host is
not touched. That needs root or user namespaces.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FFMPEG_LIBRARY = re.compile(r"lib(avcodec|avdevice|avfilter|avformat|avutil|postproc|swresample|swscale)\.so[.0-9]*")

# sh -c HIDE sh LIBRARY... -- COMMAND...
HIDE = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1" || exit 126; shift; done; shift; exec "$@"'


def ffmpeg_libraries() -> list[Path]:
    """The files of FFmpeg's shared libraries that this interpreter's programs could load."""
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    added = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    folders = [Path(sys.base_prefix, "lib"), *(Path(folder) for folder in added if folder)]
    if ldconfig := shutil.which("ldconfig", path=search):
        cache = subprocess.run([ldconfig, "-p"], capture_output=True, text=True).stdout
        folders += [Path(path).parent for path in re.findall(r"=> (/\S+)", cache)]
    files = [path for folder in set(folders) if folder.is_dir() for path in folder.glob("lib*.so*")]
    return sorted({path.resolve() for path in files if FFMPEG_LIBRARY.fullmatch(path.name)})


def hiding_command(libraries: list[Path]) -> list[str] | None:
    """A command to put before another one so that it does not see these files; [] for none, None where not allowed."""
    if not libraries:
        return []
    for unshare in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        command = [*unshare, "sh", "-c", HIDE, "sh", *map(str, libraries), "--"]
        try:
            if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                return command
        except FileNotFoundError:  # no unshare
            return None
    return None
