"""What is said of a host, its driver and its libraries, and the profile that is chosen for it."""

from __future__ import annotations

import os
import runpy
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from avatar.cli.status import lines
from avatar.device import hardware
from avatar.device.hardware import Gpu, Hardware
from avatar.environment import bootstrap, c_library, checks, driver, locks
from avatar.environment.installed import site_packages
from avatar.environment.locks import Wheel
from avatar.environment.status import gpu_checks

LOCK = locks.read_payload(locks.find_locks())


def host_with(driver_version: str, vram_mib: int = 10240) -> Hardware:
    return Hardware((Gpu("NVIDIA GeForce RTX 3080", vram_mib, driver_version),), "", 8, 32_000, 100_000)


def put_nvidia_smi(folder: Path, body: str, monkeypatch) -> None:
    """A program of that name first on PATH: what a host without a GPU can show of the real one's output."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("450.248.02", False),
        ("525.60.12", False),
        ("525.60.13", True),
        ("525.147.05", True),
        ("535.183.01", True),
        ("580.65.06", True),
    ],
)
def test_a_driver_too_old_for_the_locked_cuda_is_refused(version, fits):
    check = checks.check_driver(host_with(version), LOCK, ["base", "full"])
    assert check.ok == fits and version in check.message and ("525.60.13" in check.remedy) != fits


def test_the_base_layer_needs_no_driver():
    assert checks.check_driver(host_with("450.248.02"), LOCK, ["base"]).ok


def test_the_least_driver_follows_the_cuda_of_the_lock():
    assert driver.locked_cuda(LOCK).startswith("12.8.")
    moved = {"full": {"nvidia-cuda-runtime": {"version": "13.0.96"}}}
    check = checks.check_driver(host_with("570.133.20"), moved, ["full"])
    assert not check.ok and "580.65.06" in check.remedy


@pytest.mark.usefixtures("full_environment")
def test_the_locked_cuda_is_the_one_inside_torch():
    version = runpy.run_path(str(site_packages() / "torch/version.py"))  # it imports nothing
    assert driver.locked_cuda(LOCK).split(".")[:2] == version["cuda"].split(".")


def test_the_capabilities_are_those_the_locked_torch_has_code_for():
    torch = pytest.importorskip("torch")
    built = [f"sm_{capability.replace('.', '')}" for capability in driver.ARCHITECTURES]
    assert torch._C._cuda_getArchFlags().split() == built


@pytest.mark.parametrize(
    ("capability", "runs"),
    [("6.1", False), ("7.0", True), ("7.5", True), ("8.6", True), ("8.9", True), ("9.0", True), ("10.3", True),
     ("11.0", False), ("12.0", True), ("12.1", True), ("13.0", False), ("", True)],
)  # fmt: skip
def test_code_runs_on_later_minor_capabilities_and_on_no_other_major_one(capability, runs):
    check = checks.check_capability(capability)
    assert check.ok == runs and bool(check.remedy) != runs


def test_the_capability_is_read_from_nvidia_smi(monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, "echo 8.6; echo 7.5", monkeypatch)
    assert driver.read_capability() == "8.6"
    old = "echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2"
    put_nvidia_smi(tmp_path, old, monkeypatch)
    assert driver.read_capability() == ""


@pytest.mark.parametrize(("vram_mib", "fits"), [(4096, False), (6144, True), (10240, True), (0, True)])
def test_a_card_with_too_little_memory_is_told(vram_mib, fits):
    check = checks.check_gpu_memory(host_with("535.183.01", vram_mib))
    assert check.ok == fits and ("AVATAR_PROFILE=cpu" in check.remedy) != fits


def test_a_card_that_is_not_wanted_is_not_looked_at(monkeypatch):
    failed = [check for check in gpu_checks(host_with("450.248.02", 4096), LOCK, ["base", "full"]) if not check.ok]
    assert [check.name for check in failed] == ["driver", "vram"]
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert all(check.ok for check in gpu_checks(host_with("450.248.02", 4096), LOCK, ["base", "full"]))


# ---------------------------------------------------------------- the C library


def wheel(platform: str) -> Wheel:
    return Wheel("probe", "1.0", "0" * 64, f"probe-1.0-cp311-cp311-{platform}.whl")


@pytest.mark.parametrize(
    ("platform", "least"),
    [
        ("any", None),
        ("manylinux_2_28_x86_64", (2, 28)),
        ("manylinux2014_x86_64.manylinux_2_17_x86_64", (2, 17)),
        ("manylinux_2_27_x86_64.manylinux_2_28_x86_64", (2, 27)),
        ("manylinux1_x86_64", (2, 5)),
    ],
)
def test_the_least_glibc_stands_in_the_name_of_a_wheel(platform, least):
    assert c_library.least_glibc(wheel(platform)) == least


def test_an_older_c_library_or_another_one_is_told():
    wheels = [wheel("manylinux_2_28_x86_64"), wheel("manylinux_2_17_x86_64"), wheel("any")]
    assert c_library.problems(wheels, (2, 28)) == []
    assert c_library.problems(wheels, (2, 27)) == ["probe-1.0-cp311-cp311-manylinux_2_28_x86_64.whl needs glibc 2.28"]
    assert len(c_library.problems(wheels, (2, 9))) == 2
    assert len(c_library.problems(wheels, None)) == 2
    assert c_library.host_glibc() >= (2, 17)


@pytest.mark.parametrize(
    ("host", "said"), [((2, 28), "this host has glibc 2.28"), ((2, 33), "this host has glibc 2.33"), (None, "other than glibc"),
                       ((2, 34), ""), ((2, 41), "")],
)  # fmt: skip
def test_status_warns_where_nothing_can_be_signed(host, said):
    check = checks.check_signing(host)
    (line, *mend) = lines({"host": {}, "checks": [asdict(check)], "fingerprints": {}})
    assert check.ok and check.warns == bool(said) and said in check.message, "videos are made all the same"
    assert line.startswith("warn signing: c2pa's library needs glibc 2.34" if said else "ok   signing: ")
    assert bool(mend) == bool(said)


def test_gpus_are_read_from_nvidia_smi(monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, "echo 'NVIDIA A10G, 23028, 535.183.01'; echo 'NVIDIA GB10, [N/A], 580.95.05'", monkeypatch)
    assert hardware.read_gpus() == ((Gpu("NVIDIA A10G", 23028, "535.183.01"), Gpu("NVIDIA GB10", 0, "580.95.05")), "")


def test_an_nvidia_smi_that_fails_is_quoted(monkeypatch, tmp_path):
    put_nvidia_smi(tmp_path, "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", monkeypatch)
    gpus, problem = hardware.read_gpus()
    assert gpus == () and "Driver/library version mismatch" in problem
    check = checks.check_driver(hardware.detect(tmp_path), LOCK, ["base", "full"])
    assert not check.ok and "mismatch" in check.message and check.remedy
    assert checks.check_driver(hardware.detect(tmp_path), LOCK, ["base"]).ok


def test_no_nvidia_smi_is_no_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hardware.read_gpus() == ((), "")


@pytest.mark.parametrize(
    ("vram_mib", "name"),
    [(81_559, "24GB"), (24_564, "24GB"), (23_028, "24GB"), (16_376, "10GB"), (10_240, "10GB"), (8_192, "6GB"),
     (6_144, "6GB"), (4_096, "cpu"), (0, "cpu")],
)  # fmt: skip
def test_the_profile_fits_the_memory_of_the_gpu(vram_mib, name):
    assert hardware.choose_profile(host_with("535.183.01", vram_mib)).name == name
    assert hardware.profile_named(name).name == name


def test_without_a_gpu_the_profile_is_cpu_in_single_precision():
    profile = hardware.choose_profile(Hardware((), "", 2, 8000, 10_000))
    assert (profile.name, profile.device, profile.dtype) == ("cpu", "cpu", "float32")


def test_this_host_is_described(tmp_path):
    host = hardware.detect(tmp_path / "not/there/yet")
    assert 0 < host.cpu_cores <= 4096 and host.memory_mib > 500
    assert host.disk_free_mib == pytest.approx(shutil.disk_usage(tmp_path).free / hardware.MIB, rel=0.1)


@pytest.fixture
def container(monkeypatch):
    """Says what the kernel's files hold: {path: text}; the others are not there."""
    return lambda files: monkeypatch.setattr(hardware, "read_text", lambda path: files.get(path, ""))


def test_a_quota_counts_where_it_is_less_than_the_cores_of_the_affinity(container, monkeypatch):
    """A container may be given more time than the cores it may run on have: it has those cores and no more."""
    monkeypatch.setattr(hardware.os, "sched_getaffinity", lambda process: {0, 1, 5, 7})
    for quota, cores in (("800000 100000\n", 4), ("400000 100000\n", 4), ("150000 100000\n", 1.5), ("25000 50000\n", 0.5),
                         ("max 100000\n", 4), ("", 4)):  # fmt: skip
        container({"/sys/fs/cgroup/cpu.max": quota})
        assert hardware.cpu_cores() == cores


def test_a_limit_counts_where_it_is_less_than_the_hosts_memory(container):
    host = {"/proc/meminfo": "MemTotal:       16384000 kB\nMemFree:         1000000 kB\n"}  # 16,000 MiB
    for limit, memory_mib in ((f"{500 << 20}\n", 500), (f"{99_999 << 20}\n", 16_000), ("max\n", 16_000), ("", 16_000)):
        container({**host, "/sys/fs/cgroup/memory.max": limit})
        assert hardware.memory_mib() == memory_mib


def test_a_card_is_one_that_may_be_read_and_written(tmp_path, monkeypatch):
    """By what the system says; the user of a test may be root, who may do all."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1"):
        (tmp_path / name).touch()
    allowed = {"nvidia0": {os.F_OK, os.R_OK}, "nvidia1": {os.F_OK, os.R_OK, os.W_OK, os.R_OK | os.W_OK}}
    monkeypatch.setattr(hardware.os, "access", lambda path, mode: mode in allowed[path.name])
    assert hardware.card_file(tmp_path) == str(tmp_path / "nvidia1")


def test_the_kernels_files_are_read_and_one_that_is_not_there_is_empty(tmp_path):
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert hardware.read_text(str(tmp_path / "cpu.max")) == "max 100000\n"
    assert hardware.read_text(str(tmp_path / "memory.max")) == ""


def test_a_missing_system_library_is_named_with_its_package(monkeypatch):
    monkeypatch.setitem(bootstrap.SYSTEM_LIBRARIES, "libnowhere.so.7", "libnowhere7")
    check = checks.check_system_libraries()
    assert not check.ok and "libnowhere.so.7" in check.message and "apt-get install libnowhere7" in check.remedy


MEMINFO = "MemTotal:       16384000 kB\nMemAvailable:    8192000 kB\n"
GIB = 1 << 30


@pytest.mark.parametrize(
    ("limit", "used", "memory", "available"),
    [
        ("", "", 16000, 8000),  # no cgroup
        ("max", f"{GIB}", 16000, 8000),
        (f"{4 * GIB}", f"{GIB}", 4096, 3072),
        (f"{64 * GIB}", f"{GIB}", 16000, 8000),  # more than the host has
        (f"{12 * GIB}", f"{2 * GIB}", 12288, 8000),
    ],
)
def test_memory_is_the_hosts_or_what_a_containers_limit_leaves(monkeypatch, limit, used, memory, available):
    files = {
        "/proc/meminfo": MEMINFO,
        "/sys/fs/cgroup/memory.max": f"{limit}\n",
        "/sys/fs/cgroup/memory.current": f"{used}\n",
    }
    monkeypatch.setattr(hardware, "read_text", files.__getitem__)
    assert (hardware.memory_mib(), hardware.available_mib()) == (memory, available)
