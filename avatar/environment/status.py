"""What `avatar status` reports: the host, the checks, the fingerprint. Imports no model library itself."""

from __future__ import annotations

import sys
from dataclasses import asdict

from avatar import __version__, settings
from avatar.device import hardware
from avatar.environment import c_library, checks, compare, driver, installed, locks
from avatar.environment.checks import Check
from avatar.errors import EnvironmentProblem
from avatar.host import closed


def status_report(strict: bool, imports: bool = True) -> dict:
    """The report as JSON-able data: {"host": {...}, "checks": [Check as a dict], "fingerprints": {layer: hex}}.

    Plain status compares names, versions and sizes, in about a second. `strict` hashes every file, which gives the
    fingerprints, and with `imports` also imports every module.
    """
    host = hardware.detect(settings.home())
    site = installed.site_packages()
    results = [checks.check_python(), checks.check_system_libraries(), checks.check_search_path(site)]
    layers, fingerprints = [], {}
    try:
        lock = locks.read_payload(locks.find_locks())
    except EnvironmentProblem as error:
        results.append(Check("lock", False, str(error), "compare with the locks of this release: unset AVATAR_LOCKS"))
    else:
        comparison = compare.compare(site, lock, contents=strict)
        layers, fingerprints = comparison.layers, comparison.fingerprints
        results += environment_checks(comparison, lock, host, strict, imports)
    return {
        "host": describe(host, layers),
        "checks": [asdict(check) for check in results],
        "fingerprints": fingerprints,
    }


def environment_checks(
    comparison: compare.Comparison, lock: compare.Lock, host: hardware.Hardware, strict: bool, imports: bool
) -> list[Check]:
    """The checks that need the lock, in the order they are printed."""
    site, layers = installed.site_packages(), comparison.layers
    results = [
        checks.check_distributions(comparison, lock, strict),
        checks.check_shared_files(comparison),
        checks.check_dependencies(site),
        checks.check_c_library(locks.read_wheels(locks.find_locks(), layers)),
        checks.check_signing(c_library.host_glibc()),
        *gpu_checks(host, lock, layers),
    ]
    return results + [checks.check_imports(site, layers)] if strict and imports else results


def gpu_checks(host: hardware.Hardware, lock: compare.Lock, layers: list[str]) -> list[Check]:
    """Whether the full stack can use the GPU that is there; one check that holds where none is wanted."""
    if settings.load().profile == "cpu":
        return [Check("driver", True, "not looked at: the profile cpu uses no GPU")]
    results = [checks.check_driver(host, lock, layers)]
    if host.gpus and checks.uses_gpu(layers):
        results += [checks.check_capability(driver.read_capability()), checks.check_gpu_memory(host)]
    return results


def describe(host: hardware.Hardware, layers: list[str]) -> dict[str, str | int | float]:
    """What runs here and on what: printed as it is, one line each."""
    gpu = host.gpus[0] if host.gpus else None
    return {
        "avatar": __version__,
        "python": sys.version.split()[0],
        "c_library": c_library.written(c_library.host_glibc()),
        "environment": sys.prefix,
        "layers": " ".join(layers) or "unknown",
        "gpu": f"{gpu.name}, {gpu.vram_mib} MiB" if gpu else "none",
        "driver": gpu.driver if gpu else "none",
        "cpu_cores": host.cpu_cores,
        "memory_mib": host.memory_mib,
        "free_mib": host.disk_free_mib,
        "home": str(settings.home()),
        **profile_in_force(host),
        "weights": weights_summary(),
        **cloning_engines(host),
        "network": network_for_renders(),
    }


def network_for_renders() -> str:
    """Whether the command closes the network to itself here (see closed.py)."""
    why_not = "" if closed.is_closed() else closed.why_not_here()
    return f"open to renders: {why_not}" if why_not else "closed to renders"


def weights_summary() -> str:
    """What is here of the weights. Their lock is read with pydantic; where that is damaged, the checks must still run."""
    try:
        from avatar.weights import store

        return store.summary()
    except (ImportError, EnvironmentProblem) as error:
        return f"cannot be told: {error}"


def cloning_engines(host: hardware.Hardware) -> dict[str, str]:
    """What clones a voice here, a line for each; none where the lock of the weights cannot be read."""
    try:
        from avatar.weights import cloning

        return cloning.summary(hardware.choose_profile(host))
    except (ImportError, EnvironmentProblem):
        return {}


def profile_in_force(host: hardware.Hardware) -> dict[str, str]:
    """How the full stack would use this host, and who chose that."""
    chosen, chosen_by = settings.load().profile, settings.origin("profile")
    if chosen == "auto":
        return {"profile": hardware.choose_profile(host).name, "profile_from": "what fits this host"}
    known = [profile.name for profile in hardware.PROFILES]
    unknown = "" if chosen in known else f"; there is none of this name, only auto, {', '.join(known)}"
    return {"profile": chosen, "profile_from": f"{chosen_by}{unknown}"}
