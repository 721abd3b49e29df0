"""The checks behind `avatar status`: each answers whether one thing about the environment holds, and what mends it."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from avatar.environment import bootstrap, dependencies, driver, imports, installed
from avatar.environment.compare import Comparison, Lock, few
from avatar.hardware import Hardware

PROBLEMS_NAMED = 5


@dataclass(frozen=True)
class Check:
    """The answer of one check; `remedy` is what mends it, empty where it holds."""

    name: str
    ok: bool
    message: str
    remedy: str = ""


def outcome(name: str, problems: list[str], holds: str, remedy: str) -> Check:
    """A check that holds when there are no problems."""
    if problems:
        return Check(name, False, few(problems, PROBLEMS_NAMED, separator="; "), remedy)
    return Check(name, True, holds)


def make_again() -> str:
    """The words that mend an environment which is not the locked one."""
    return f"make the environment again: rm -r {sys.prefix}, then ./run as before"


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
    remedy = f"sudo apt-get install {packages}   (other systems: the packages that hold these files)"
    return outcome("libraries", problems, f"all {len(bootstrap.SYSTEM_LIBRARIES)} system libraries load", remedy)


def check_driver(hardware: Hardware, lock: Lock, layers: list[str]) -> Check:
    """A GPU is not needed; one that the full layer could not use is a failure."""
    cuda, full = driver.locked_cuda(lock), "full" in layers
    if hardware.gpu_problem:
        return Check("driver", not full, hardware.gpu_problem, "install or reload the NVIDIA driver; see nvidia-smi")
    if not hardware.gpus or not cuda:
        return Check("driver", True, "no NVIDIA GPU here; the preview stack needs none")
    host, least = hardware.gpus[0].driver, driver.least_driver(cuda)
    needs = f"driver {host}; CUDA {cuda} in the locked torch needs {least} or newer"
    if driver.is_older(host, least) and full:
        return Check("driver", False, needs, f"update the host's NVIDIA driver to {least} or newer")
    return Check("driver", True, needs)


def check_imports(site: Path, layers: list[str]) -> Check:
    problems = imports.smoke(site, layers)
    holds = "every module of the lock imports in a process of its own (exceptions: cannot-import.toml)"
    return outcome("imports", problems, holds, make_again())
