"""The checks behind `avatar status`: each answers whether one thing about the environment holds, and what mends it."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avatar.device.hardware import Hardware, smallest_gpu_profile
from avatar.environment import bootstrap, c_library, dependencies, driver, imports, installed, search_path
from avatar.environment.compare import Comparison, Lock, few
from avatar.environment.locks import Wheel

PROBLEMS_NAMED = 5
WITHOUT_GPU = "go on without the GPU: export AVATAR_PROFILE=cpu"


@dataclass(frozen=True)
class Check:
    """The answer of one check; `remedy` is what mends it and ends in a command, empty where it holds. warns: it holds for all but
    what the message names."""

    name: str
    ok: bool
    message: str
    remedy: str = ""
    warns: bool = False


def outcome(name: str, problems: list[str], holds: str, remedy: str) -> Check:
    """A check that holds when there are no problems."""
    if problems:
        return Check(name, False, few(problems, PROBLEMS_NAMED, separator="; "), remedy)
    return Check(name, True, holds)


def make_again() -> str:
    """The command that makes an environment anew which is not the locked one."""
    prefix = Path(sys.prefix)
    checkout = prefix.parent.parent
    if prefix.parent.name == ".venv" and (checkout / "run").is_file():
        option = [f"--{prefix.name}"] if prefix.name in ("full", "pocket", "test") else []
        again = [str(checkout / "run"), *option, "true"]
        return f"make the environment again: rm -r {shlex.quote(sys.prefix)} && {shlex.join(again)}"
    if prefix.is_relative_to("/nix/store"):
        return "let Nix restore what changed: nix-store --verify --check-contents --repair"
    return f"make {prefix} again as it was made; an image: take it anew, and start a new container of it"


def check_python() -> Check:
    version = f"{platform.python_implementation()} {platform.python_version()}"
    if version.startswith("CPython 3.11."):
        return Check("python", True, version)
    return Check("python", False, f"{version}, but the locked wheels are for CPython 3.11", make_again())


def check_distributions(comparison: Comparison, lock: Lock, contents: bool) -> Check:
    count = sum(len(lock[layer]) for layer in comparison.layers)
    compared = "every byte" if contents else "versions and sizes; --strict compares every byte"
    holds = f"{count} distributions are the locked ones ({compared})"
    return outcome("lock", comparison.problems, holds, make_again())


def check_shared_files(comparison: Comparison) -> Check:
    problems = [f"several distributions own {shared}" for shared in comparison.shared]
    return outcome("files", problems, "no two distributions put different bytes in one place", make_again())


def check_dependencies(site: Path) -> Check:
    names = {distribution.name for distribution in installed.read_distributions(site)}
    shown = dependencies.expected(dependencies.read_intended(), names)
    problems = dependencies.compare_findings(dependencies.findings(site), shown)
    holds = f"every declared need is met, but for {len(shown)} intended exceptions (pip-check.txt)"
    return outcome("dependencies", problems, holds, make_again())


def check_system_libraries() -> Check:
    missing = bootstrap.missing_libraries()
    packages = " ".join(sorted({bootstrap.SYSTEM_LIBRARIES[soname] for soname in missing}))
    problems = [f"{soname} cannot be loaded" for soname in missing]
    remedy = f"on Debian or Ubuntu (elsewhere the packages that hold these files): sudo apt-get install {packages}"
    return outcome("libraries", problems, f"all {len(bootstrap.SYSTEM_LIBRARIES)} system libraries load", remedy)


def check_c_library(wheels: list[Wheel]) -> Check:
    """Whether the host's C library is new enough for the locked wheels."""
    host = c_library.host_glibc()
    least = max((floor for wheel in wheels if (floor := c_library.least_glibc(wheel))), default=None)
    holds = f"{c_library.written(host)}; the locked wheels need {c_library.written(least)}"
    remedy = "use a newer Linux, or the image on this one: docker build --target preview --tag avatar ."
    problems = [f"this host has {c_library.written(host)}, {need}" for need in c_library.problems(wheels, host)]
    return outcome("glibc", problems, holds, remedy)


def check_signing(host: tuple[int, int] | None) -> Check:
    """Whether what is delivered can be signed with this C library; videos are made without, too."""
    if problem := c_library.signing_problem(host):
        message = f"{problem}: videos are delivered without a signed manifest, and none is verified"
        return Check(
            "signing",
            True,
            message,
            "use a newer Linux, or the image on this one: docker build --target preview --tag avatar .",
            warns=True,
        )
    return Check(
        "signing", True, f"the C library is new enough to sign and verify ({c_library.written(c_library.SIGNING)})"
    )


def check_search_path(site: Path) -> Check:
    """Whether Python looks for modules in this environment and nowhere else."""
    problems = search_path.problems(site)
    from_outside = "start it without the host's own packages: unset PYTHONPATH"
    remedy = from_outside if search_path.in_pythonpath() else make_again()
    return outcome("path", problems, "modules come from this environment alone", remedy)


# ---------------------------------------------------------------- the GPU: only the full stack uses one


def uses_gpu(layers: list[str]) -> bool:
    return not {"full", "pocket"}.isdisjoint(layers)


def check_driver(hardware: Hardware, lock: Lock, layers: list[str]) -> Check:
    """A GPU is not needed; one that the full stack could not use is a failure."""
    cuda, full = driver.locked_cuda(lock), uses_gpu(layers)
    if hardware.gpu_problem:
        return Check("driver", not full, hardware.gpu_problem, f"reboot after a change of the driver, or {WITHOUT_GPU}")
    if not hardware.gpus or not cuda:
        return Check("driver", True, "no NVIDIA GPU here; the preview stack needs none")
    host, least = hardware.gpus[0].driver, driver.least_driver(cuda)
    needs = f"driver {host}; CUDA {cuda} in the locked torch needs {least} or newer"
    if driver.is_older(host, least) and full:
        return Check("driver", False, needs, f"update the host's NVIDIA driver to {least} or newer, or {WITHOUT_GPU}")
    return Check("driver", True, needs)


def check_capability(capability: str) -> Check:
    """capability: the compute capability of the GPU that would be used, like "8.6"; "" where the driver does not say."""
    built = ", ".join(driver.ARCHITECTURES)
    message = f"compute capability {capability or 'not told by the driver'}; the locked torch is built for {built}"
    if not capability or driver.has_code_for(capability):
        return Check("capability", True, message)
    return Check("capability", False, message, f"use another GPU, or {WITHOUT_GPU}")


def check_gpu_memory(hardware: Hardware) -> Check:
    """Whether the first GPU has the memory that the smallest profile of a GPU needs."""
    gpu, least = hardware.gpus[0], smallest_gpu_profile().least_vram_mib
    message = f"{gpu.name} has {gpu.vram_mib or 'an unknown number of'} MiB; the full stack needs {least}"
    if 0 < gpu.vram_mib < least:
        return Check("vram", False, message, f"use another GPU, or {WITHOUT_GPU}")
    return Check("vram", True, message)


def check_imports(site: Path, layers: list[str], only: Sequence[str] = ()) -> Check:
    """only: the modules to try, all of them where none is given."""
    problems = imports.smoke(site, layers, only)
    holds = "every module of the lock imports in a process of its own (exceptions: cannot-import.toml)"
    return outcome("imports", problems, holds, make_again())
