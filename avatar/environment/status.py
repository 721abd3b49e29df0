"""What `avatar status` reports: the host, the checks, the fingerprint. Imports no model library itself."""

from __future__ import annotations

import sys
from dataclasses import asdict

from avatar import __version__, hardware, settings
from avatar.environment import checks, compare, installed, locks
from avatar.environment.checks import Check
from avatar.errors import EnvironmentProblem
from avatar.weights import store


def status_report(strict: bool, imports: bool = True) -> dict:
    """The report as JSON-able data: {"host": {...}, "checks": [Check as a dict], "fingerprints": {layer: hex}}.

    Plain status compares names, versions and sizes, in about a second. `strict` hashes every file, which gives the
    fingerprints, and with `imports` also imports every module.
    """
    host = hardware.detect(settings.home())
    results = [checks.check_python(), checks.check_system_libraries()]
    layers, fingerprints = [], {}
    try:
        lock = locks.read_payload(locks.find_locks())
    except EnvironmentProblem as error:
        results.append(Check("lock", False, str(error), "point AVATAR_LOCKS at the locks/ folder of this release"))
    else:
        comparison = compare.compare(installed.site_packages(), lock, contents=strict)
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
        checks.check_driver(host, lock, layers),
    ]
    return results + [checks.check_imports(site, layers)] if strict and imports else results


def describe(host: hardware.Hardware, layers: list[str]) -> dict[str, str | int | float]:
    """What runs here and on what: printed as it is, one line each."""
    gpu = host.gpus[0] if host.gpus else None
    return {
        "avatar": __version__,
        "python": sys.version.split()[0],
        "environment": sys.prefix,
        "layers": " ".join(layers) or "unknown",
        "gpu": f"{gpu.name}, {gpu.vram_mib} MiB" if gpu else "none",
        "driver": gpu.driver if gpu else "none",
        "cpu_cores": host.cpu_cores,
        "memory_mib": host.memory_mib,
        "free_mib": host.disk_free_mib,
        "home": str(settings.home()),
        "profile": hardware.choose_profile(host).name,
        "weights": store.summary(),
    }
