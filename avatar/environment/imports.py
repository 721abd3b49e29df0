"""Import smoke: every top-level module of the lock, and what the pipeline takes from deep inside, really imports.

Each import runs in a process of its own, without a GPU, without the network and with FFmpeg's shared libraries out of
sight, so that a host that happens to have them hides nothing. cannot-import.toml lists what is known not to import;
an entry that begins to import is a failure too.
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from avatar.environment import hidden, installed
from avatar.environment.installed import Distribution
from avatar.environment.locks import PARTS

AT_ONCE = 2  # torch takes half a gigabyte per process
TIMEOUT_S = 300  # a cold disk needs about 20 s for the slowest
MODULE_SUFFIXES = (".py", ".abi3.so", importlib.machinery.EXTENSION_SUFFIXES[0])
CANNOT_IMPORT = Path(__file__).with_name("cannot-import.toml")

# (module, names): what the engines take, by layer. `import TTS` passes where Xtts fails, so these are tried too.
DEEP_IMPORTS = {
    "base": [
        ("mediapipe.tasks.python.vision", "FaceLandmarker, FaceLandmarkerOptions, RunningMode"),
        ("mediapipe", "Image, ImageFormat"),
        ("mediapipe.tasks.python.core.base_options", "BaseOptions"),
        ("cv2", "VideoCapture, remap, resize, solvePnP"),
        ("onnxruntime", "InferenceSession, SessionOptions"),
        ("imageio_ffmpeg", "get_ffmpeg_exe"),
        ("espeakng_loader", "get_data_path, get_library_path"),
        ("soundfile", "SoundFile, read, write"),
        ("PIL.ImageOps", "exif_transpose"),
        ("pydantic", "BaseModel, Field, ValidationError"),
        ("rich.progress", "Progress"),
    ],
    "pocket": [
        ("torch.nn.functional", "scaled_dot_product_attention"),
        ("diffusers", "AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel"),
        ("transformers", "CLIPTextModel, CLIPTokenizer, WhisperFeatureExtractor, WhisperModel"),
        ("transformers", "PocketTTSAudioTokenizerModel, PocketTTSForConditionalGeneration"),
        ("accelerate", "cpu_offload, init_empty_weights"),
        ("safetensors.torch", "load_file, save_file"),
        ("huggingface_hub", "hf_hub_download"),
        ("soxr", "resample"),
    ],
    "full": [  # beside those of its part
        ("torchaudio.functional", "resample"),
        ("torchaudio.transforms", "MelSpectrogram"),
        ("TTS.tts.configs.xtts_config", "XttsConfig"),
        ("TTS.tts.models.xtts", "Xtts, XttsArgs"),
    ],
    "test": [
        ("faster_whisper", "WhisperModel"),
        ("rattler", "MatchSpec, PackageRecord"),
        ("conda_lock.lockfile", "parse_conda_lock_file, write_conda_lock_file"),
    ],
}


@dataclass(frozen=True)
class CannotImport:
    """A module that is known not to import."""

    module: str
    error: str  # a part of what it says
    reason: str
    without: tuple[str, ...]  # the modules or shared libraries it misses; where one is at hand it may import


def read_cannot_import(path: Path = CANNOT_IMPORT) -> dict[str, CannotImport]:
    """{module: entry} of cannot-import.toml. Raises KeyError or TypeError for a missing or unknown key."""
    entries = tomllib.loads(path.read_text())["module"]
    return {e["module"]: CannotImport(**{**e, "without": tuple(e["without"])}) for e in entries}


def top_level_modules(distribution: Distribution) -> list[str]:
    """What `import` can name of a distribution: its outermost packages and modules, also inside namespace folders."""
    paths = [PurePosixPath(path) for file in distribution.files for place, path in [file.place] if place == "site"]
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    modules = set()
    for path in paths:
        outermost_first = list(path.parents)[-2::-1]
        module = next((folder for folder in outermost_first if folder in packages), None)
        if module is None and path.name.endswith(MODULE_SUFFIXES):
            module = path.with_name(path.name.partition(".")[0])
        if module and all(part.isidentifier() for part in module.parts):
            modules.add(".".join(module.parts))
    return sorted(modules)


def statements(distributions: list[Distribution], layers: list[str]) -> dict[str, str]:
    """{module: import statement} for the distributions given and the deep imports of these layers."""
    plain = {module: f"import {module}" for d in distributions for module in top_level_modules(d)}
    with_parts = [*(part for part, whole in PARTS.items() if whole in layers), *layers]
    deep = [pair for layer in with_parts for pair in DEEP_IMPORTS.get(layer, [])]
    return plain | {f"{module}: {names}": f"from {module} import {names}" for module, names in deep}


def child_environment(home: str) -> dict[str, str]:
    """What an import may see: no GPU, no model hub, one thread per library, and caches in a folder that is removed."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "HOME": home,
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def run_statement(statement: str, environment: dict[str, str], hiding: list[str]) -> str:
    """What a fresh interpreter that runs the statement prints on stderr, or how it died; "" where all is well."""
    home = environment["HOME"]
    python = [sys.executable, "-I", "-X", f"pycache_prefix={home}/byte-code"]  # shared: saves a third of the time
    try:
        done = subprocess.run(
            [*hiding, *python, "-c", statement],
            env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"took more than {TIMEOUT_S} s"
    if done.returncode == 0:
        return ""
    return done.stderr.decode(errors="replace").strip() or f"ended with status {done.returncode}"


def run_all(wanted: dict[str, str]) -> dict[str, str]:
    """{module: error or ""} for {module: statement}, AT_ONCE at a time, FFmpeg hidden where the system allows it."""
    hiding = hidden.hiding_command(hidden.ffmpeg_libraries()) or []
    with tempfile.TemporaryDirectory(prefix="avatar-imports-") as home, ThreadPoolExecutor(AT_ONCE) as pool:
        environment = child_environment(home)
        errors = pool.map(lambda statement: run_statement(statement, environment, hiding), wanted.values())
        return dict(zip(wanted, errors, strict=True))


def is_library(thing: str) -> bool:
    """Whether an entry's `without` names a shared library rather than a module."""
    return ".so." in thing


def headline(error: str) -> str:
    """The line of a traceback that names the exception."""
    named = re.findall(r"^[A-Za-z_][\w.]*(?:Error|Exception)\b.*", error, re.MULTILINE)
    return (named or error.splitlines())[-1]


def judge(errors: dict[str, str], known: dict[str, CannotImport]) -> list[str]:
    """What is wrong with the results: unexpected errors, and known ones that are gone or have changed."""
    at_hand = {thing for thing, error in errors.items() if not error}
    problems = []
    for module, error in errors.items():
        entry = known.get(module)
        if entry is None:
            if error and not is_library(module):
                problems.append(f"{module} does not import: {headline(error)}")
        elif error and entry.error not in error:
            problems.append(f"{module} fails otherwise than cannot-import.toml says: {headline(error)}")
        elif not error and at_hand.isdisjoint(entry.without):
            problems.append(f"{module} imports now; take it out of cannot-import.toml")
    return problems


def smoke(site: Path, layers: list[str], only: Sequence[str] = ()) -> list[str]:
    """Import everything of an environment that holds these layers; what is wrong, [] for nothing.

    only: the modules to try, all of them where none is given.
    """
    known = read_cannot_import()
    wanted = statements(installed.read_distributions(site), layers)
    wanted = {name: line for name, line in wanted.items() if not only or name.partition(":")[0] in only}
    sonames = [thing for entry in known.values() for thing in entry.without if is_library(thing)]
    probes = {soname: f"import ctypes; ctypes.CDLL('{soname}')" for soname in sonames}
    return judge(run_all(wanted | probes), known)
