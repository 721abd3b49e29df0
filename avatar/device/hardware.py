"""What this host has (GPU, driver, CPU, memory, disk), and the profile that fits it. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NVIDIA_SMI_TIMEOUT_S = 20  # the first call on an idle host without persistence mode takes several seconds
MIB = 1024 * 1024


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU as nvidia-smi shows it."""

    name: str
    vram_mib: int  # 0 where the driver does not say
    driver: str  # version of the host's driver, like "535.183.01"


@dataclass(frozen=True)
class Hardware:
    """What a render can use on this host."""

    gpus: tuple[Gpu, ...]
    gpu_problem: str  # why nvidia-smi named none although it is there; "" otherwise
    cpu_cores: float  # of this process: affinity and a container's quota count
    memory_mib: int  # of the host, or of the container where that is less
    disk_free_mib: int


@dataclass(frozen=True)
class Profile:
    """How the full stack uses a device. The preview stack has no such choices."""

    name: str
    least_vram_mib: int
    device: str  # torch's name
    dtype: str  # portrait and lips; torch's name
    voice_dtype: str  # XTTS's GPT alone: its latents and its decoder break in half precision
    lips_batch: int  # frames per step of MuseTalk's UNet and VAE decoder
    portrait_steps: int  # denoising steps of Stable Diffusion
    vae_tiling: bool  # decode a picture in tiles: less memory, faint seams


# What each profile's stages need is counted by avatar/device/need.py (`avatar fit --gpu …` shows it); one card was
# measured (docs/fit.md), so the thresholds leave room. One model is loaded at a time.
PROFILES = (
    # More than 16 frames a step gain 1 % on an H200, and 32 take 2 GiB more.
    Profile("24GB", 22_000, "cuda", "float16", "float16", lips_batch=16, portrait_steps=40, vae_tiling=False),
    # Lips need 4.8 GiB, the portrait 3.8: a desktop still has room.
    Profile("10GB", 9_500, "cuda", "float16", "float16", lips_batch=16, portrait_steps=30, vae_tiling=False),
    # The portrait needs 3.3 GiB, its VAE decoding in tiles, and the lips 3.
    Profile("6GB", 5_600, "cuda", "float16", "float16", lips_batch=4, portrait_steps=30, vae_tiling=True),
    # Half precision is slower than single on CPUs; a larger batch only costs memory.
    Profile("cpu", 0, "cpu", "float32", "float32", lips_batch=2, portrait_steps=20, vae_tiling=False),
)


def choose_profile(hardware: Hardware) -> Profile:
    """The largest profile that the first GPU has memory for; `cpu` without a GPU.

    An old driver does not change the choice: a render that is silently a hundred times slower would hide what
    `avatar status` says about it.
    """
    vram_mib = hardware.gpus[0].vram_mib if hardware.gpus else 0
    return next(profile for profile in PROFILES if vram_mib >= profile.least_vram_mib)


def smallest_gpu_profile() -> Profile:
    """The one for the smallest card that the full stack is meant for: its `least_vram_mib` is the least there is."""
    return min((profile for profile in PROFILES if profile.device == "cuda"), key=lambda each: each.least_vram_mib)


def profile_named(name: str) -> Profile:
    """A profile by its name. Raises KeyError for another one."""
    return {profile.name: profile for profile in PROFILES}[name]


def detect(folder: Path) -> Hardware:
    """Look at this host; `folder` (which need not exist yet) says whose disk counts."""
    gpus, problem = read_gpus()
    while not folder.exists():
        folder = folder.parent
    return Hardware(gpus, problem, cpu_cores(), memory_mib(), shutil.disk_usage(folder).free // MIB)


def read_gpus() -> tuple[tuple[Gpu, ...], str]:
    """(the GPUs in the order of nvidia-smi, why there are none); no problem where nvidia-smi is not installed."""
    program = shutil.which("nvidia-smi")
    if not program:
        return (), ""
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return (), f"{program} did not answer within {NVIDIA_SMI_TIMEOUT_S} s"
    except OSError as error:
        return (), f"{program} does not run: {error.strerror}"
    rows = [[field.strip() for field in line.split(",")] for line in done.stdout.splitlines()]
    gpus = tuple(Gpu(row[0], int(row[1]) if row[1].isdigit() else 0, row[2]) for row in rows if len(row) == 3)
    if gpus:
        return gpus, ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return (), f"{program} found no GPU: {said[0] if said else f'exit status {done.returncode}'}"


def card_file(devices: Path = Path("/dev")) -> str:
    """The device file of an NVIDIA card that this process may use; "" where there is none, or CUDA is told to see none."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return ""
    return next((str(path) for path in sorted(devices.glob("nvidia[0-9]*")) if os.access(path, os.R_OK | os.W_OK)), "")


def cpu_cores() -> float:
    """The cores this process may use: its affinity, or a container's CPU quota (cgroup v2) where that is less."""
    cores = len(os.sched_getaffinity(0))
    quota, _, period = read_text("/sys/fs/cgroup/cpu.max").partition(" ")
    return min(cores, int(quota) / int(period)) if quota.isdigit() else cores


def memory_mib() -> int:
    """The host's memory, or a container's limit (cgroup v2) where that is less."""
    fields = dict(line.split(":", 1) for line in read_text("/proc/meminfo").splitlines())
    total = int(fields["MemTotal"].split()[0]) // 1024
    limit = read_text("/sys/fs/cgroup/memory.max").strip()
    return min(total, int(limit) // MIB) if limit.isdigit() else total


def available_mib() -> int:
    """Memory that can be had now, in a container (cgroup v2) what its limit leaves where that is less."""
    fields = dict(line.split(":", 1) for line in read_text("/proc/meminfo").splitlines())
    free = int(fields["MemAvailable"].split()[0]) // 1024
    limit, used = (read_text(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    return min(free, (int(limit) - int(used)) // MIB) if limit.isdigit() and used.isdigit() else free


def read_text(path: str) -> str:
    """A file's text; "" where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""
