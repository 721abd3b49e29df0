"""Every call into MediaPipe: its import, its models, and what it writes to stderr.

A model hands each call to a thread of its own and waits for it. An exception between two lines of that, as Ctrl-C raises
one, leaves the native model in use or half closed, and the process dies of a segmentation fault soon after (seen with
1.2.2). So a signal that comes within a call is raised at the call's end. And a model that is still open while
modules are torn down prints a traceback of its own, so whoever loads one sees to it that it is closed before.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from avatar import stopping
from avatar.errors import EnvironmentProblem

# Read while MediaPipe's library is loaded: a counter of its telemetry asks tcmalloc for the number of processors, which
# aborts the process without this file. That is before any option of MediaPipe's could be given (seen with 1.2.2).
CPU_LIST = Path("/sys/devices/system/cpu/possible")


@cache
def names() -> types.SimpleNamespace:
    """The few names of MediaPipe that are used.

    `import mediapipe` imports matplotlib for a drawing helper that is not used here. That costs 1.0 s and 38 MB
    (measured, 2 cores), and where the home folder is read-only it warns on stderr, so an empty module stands in for
    it during the import. MediaPipe goes on without sounddevice, which starts gcc to find PortAudio (0.05 s) and
    opens the host's sound cards where there is one; so it is not to be had meanwhile.
    """
    if not CPU_LIST.exists():
        raise EnvironmentProblem(
            f"{CPU_LIST} is not there, and MediaPipe aborts the process without it; mount sysfs in this container or "
            "chroot: mount -t sysfs sys /sys"
        )
    matplotlib, pyplot = types.ModuleType("matplotlib"), types.ModuleType("matplotlib.pyplot")
    vars(matplotlib)["pyplot"] = pyplot
    unused = {"matplotlib": matplotlib, "matplotlib.pyplot": pyplot, "sounddevice": None}
    stand_ins = {name: module for name, module in unused.items() if name.partition(".")[0] not in sys.modules}
    sys.modules |= stand_ins
    try:
        from mediapipe.tasks.python.core.base_options import BaseOptions
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat
        from mediapipe.tasks.python.vision.face_detector import FaceDetector, FaceDetectorOptions
        from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarker, FaceLandmarkerOptions
    finally:
        for name in stand_ins:
            del sys.modules[name]
    return types.SimpleNamespace(
        BaseOptions=BaseOptions,
        FaceDetector=FaceDetector,
        FaceDetectorOptions=FaceDetectorOptions,
        FaceLandmarker=FaceLandmarker,
        FaceLandmarkerOptions=FaceLandmarkerOptions,
        Image=Image,
        ImageFormat=ImageFormat,
    )


def load(kind: Any, options: Any, models: list[Any]) -> Any:
    """A model of this kind, added to `models`; it has read one empty picture, since it writes a log until it has."""
    with stopping.afterwards(), _quiet_native_log():
        models.append(kind.create_from_options(options))
        models[-1].detect(_image(np.zeros((128, 128, 3), np.uint8)))
    return models[-1]


def detect(model: Any, rgb: np.ndarray) -> Any:
    """What the model reads in a picture, uint8 (h, w, 3) RGB, in MediaPipe's own form.

    The network that looks at a face runs when there is one, and may write then that a tensor's memory is not aligned.
    """
    with stopping.afterwards(), _quiet_native_log():
        return model.detect(_image(rgb))


def close(models: list[Any]) -> None:
    """Let all of them go; `models` is empty afterwards. A signal that comes meanwhile is remembered and no more, since this
    may be called while garbage is collected, where an exception is lost."""
    with stopping.remembered_alone():
        while models:
            with _quiet_native_log():
                models.pop().close()


def _image(rgb: np.ndarray) -> Any:
    return names().Image(names().ImageFormat.SRGB, np.ascontiguousarray(rgb))


_NATIVE_LOG = re.compile(rb"^(WARNING: Logging before InitGoogle|[WI]\d{4} |INFO: (Created TensorFlow|\[))")


@contextmanager
def _quiet_native_log() -> Iterator[None]:
    """Keeps MediaPipe's C++ log lines off stderr; any other line written meanwhile is passed on afterwards."""
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            for line in held:
                if not _NATIVE_LOG.match(line):
                    os.write(2, line)
