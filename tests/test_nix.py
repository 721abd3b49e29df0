"""The flake's parts that need no Nix: its lists, its lock, and the builders, run by hand. ci/nix/check does the rest."""

from __future__ import annotations

import base64
import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from avatar.environment import bootstrap, compare, elf, installed, locks, payload
from avatar.media.ffmpeg import ffmpeg_program
from tests import namespaces

ROOT = Path(__file__).parent.parent
SITE = "lib/python3.11/site-packages"
LOADER = f"/nix/store/{'0' * 32}-glibc-2.40-66/lib/ld-linux-x86-64.so.2"
FFMPEG = Path(ffmpeg_program())


def nix_files() -> dict[str, str]:
    return {path.name: path.read_text() for path in [ROOT / "flake.nix", *ROOT.glob("nix/*.nix")]}


def run_builder(script: str, *arguments: str | Path) -> subprocess.CompletedProcess:
    """Run a builder of nix/ as its derivation does."""
    builders = {**os.environ, "PYTHONPATH": f"{ROOT / 'avatar/environment'}:{ROOT / 'nix'}", "PYTHONHASHSEED": "0"}
    command = [sys.executable, ROOT / "nix" / script, *map(str, arguments)]
    return subprocess.run(command, env=builders, capture_output=True, text=True)


# ---------------------------------------------------------------- lists that must agree


def test_flake_is_short():
    assert len((ROOT / "flake.nix").read_text().splitlines()) <= 120


def test_flake_lock_pins_nixpkgs_alone():
    nodes = json.loads((ROOT / "flake.lock").read_text())["nodes"]
    assert nodes.keys() == {"root", "nixpkgs"}
    locked = nodes["nixpkgs"]["locked"]
    assert (locked["type"], locked["owner"], locked["repo"]) == ("github", "NixOS", "nixpkgs")
    assert re.fullmatch(r"[0-9a-f]{40}", locked["rev"])
    assert re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", locked["narHash"])


def test_table_lists_every_attribute_taken_from_nixpkgs():
    code = "\n".join(re.sub(r"#.*", "", text) for text in nix_files().values())
    taken = set(re.findall(r"\bpkgs\.([A-Za-z][\w.-]*[\w-])", code))
    rows = (ROOT / "ci/nix/attributes.txt").read_text().splitlines()
    assert {row.split()[0] for row in rows if not row.startswith("#")} == taken


def test_libraries_opened_at_start_are_those_that_run_asks_the_system_for():
    sonames = re.findall(r"/(lib[\w+.-]+\.so\.\d+)\"", nix_files()["libraries.nix"])
    assert sorted(sonames) == sorted(bootstrap.SYSTEM_LIBRARIES)


@pytest.mark.parametrize("layer", ["base", "full", "pocket"])
def test_flake_reads_every_line_of_the_lock(layer):
    """The two patterns of lock.nix, which are POSIX ones that mean the same in Python."""
    line_pattern, name_pattern = re.findall(r'builtins\.match "(\([^"]+)" (?:line|file);', nix_files()["lock.nix"])
    for wheel in locks.read_lock(ROOT / f"locks/{layer}.txt"):
        line = f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}  # {wheel.file}"
        assert re.fullmatch(line_pattern, line).groups() == (wheel.name, wheel.version, wheel.sha256, wheel.file)
        project, version, _, python, abi, platform = re.fullmatch(name_pattern, wheel.file).groups()
        name, parsed_version, build, tags = parse_wheel_filename(wheel.file)
        assert installed.canonical_name(project) == name
        assert version == str(parsed_version) + (f"-{build[0]}{build[1]}" if build else "")
        written = {f"{p}-{a}-{f}" for p in python.split(".") for a in abi.split(".") for f in platform.split(".")}
        assert written == {str(tag) for tag in tags}


# ---------------------------------------------------------------- ELF files of the whole environment


@pytest.fixture(scope="module")
def check_elf():
    sys.path[:0] = [str(ROOT / "nix"), str(ROOT / "avatar/environment")]
    try:
        import check_elf
    finally:
        del sys.path[:2]
    return check_elf


@pytest.mark.usefixtures("full_environment")
def test_unresolved_libraries_are_exactly_those_listed(check_elf):
    """Over the full environment: nothing is missing that is not listed, and every line of the list is needed."""
    site, listed = installed.site_packages(), check_elf.read_unresolved(ROOT / "nix/unresolved.txt")
    libraries = list(bootstrap.SYSTEM_LIBRARIES)
    assert check_elf.unprovided(site, libraries, listed) == {}
    unexcused = check_elf.unprovided(site, libraries, set())
    assert [p for p in listed if not any(check_elf.fnmatchcase(soname, p) for soname in unexcused)] == []


def test_a_library_nobody_provides_is_named():
    sonames = [soname for soname in bootstrap.SYSTEM_LIBRARIES if soname != "libEGL.so.1"]
    done = run_builder("check_elf.py", installed.site_packages(), ROOT / "nix/unresolved.txt", *sonames)
    assert done.returncode == 1
    assert "libEGL.so.1 is needed by mediapipe/" in done.stderr


@pytest.mark.usefixtures("full_environment")
def test_programs_listed_are_exactly_those_installed():
    site, programs = installed.site_packages(), set()
    for distribution in installed.read_distributions(site):
        for file in distribution.files:
            if file.place[0] == "site" and (site / file.path).is_file():
                with open(site / file.path, "rb") as opened:
                    if elf.interpreter(opened):
                        programs.add(file.path)
    assert programs == elf.PROGRAMS


# ---------------------------------------------------------------- the interpreter of programs


@pytest.fixture
def site(tmp_path) -> Path:
    """A site-packages folder with FFmpeg in it, as its wheel has it."""
    (path,) = [path for path in elf.PROGRAMS if Path(path).name == FFMPEG.name]
    (tmp_path / path).parent.mkdir(parents=True)
    shutil.copy(FFMPEG, tmp_path / path)
    return tmp_path


def ffmpeg_of(site: Path) -> tuple[Path, str]:
    (program,) = (path for path in site.rglob("ffmpeg-*"))
    return program, str(program.relative_to(site))


def flip_byte(path: Path, position: int) -> None:
    with open(path, "r+b") as file:
        file.seek(position)
        (byte,) = file.read(1)
        file.seek(position)
        file.write(bytes([byte ^ 1]))


def test_nix_loader_does_not_change_a_programs_digest_or_size(site):
    program, path = ffmpeg_of(site)
    digest, size = hashlib.sha256(program.read_bytes()).hexdigest(), program.stat().st_size
    elf.set_interpreter(program, LOADER)
    with open(program, "rb") as file:
        assert elf.interpreter(file)[1] == LOADER.encode() + b"\0"
    assert program.stat().st_size != size
    assert (installed.payload_sha256(site, path), installed.payload_size(site, path)) == (digest, size)


@pytest.mark.parametrize("position", [0x27, 0x36, 0x40, 0x2E0, 5_000_000, -1])
def test_any_other_byte_of_a_program_counts(site, position):
    """Where and how large the program headers are, the first of them, the name that the wheel has, code, the new name."""
    program, path = ffmpeg_of(site)
    digest = installed.payload_sha256(site, path)
    elf.set_interpreter(program, LOADER)
    flip_byte(program, position % program.stat().st_size)
    assert installed.payload_sha256(site, path) != digest


def test_bytes_behind_the_loaders_name_count(site):
    program, path = ffmpeg_of(site)
    digest = installed.payload_sha256(site, path)
    elf.set_interpreter(program, LOADER)
    with open(program, "ab") as file:
        file.write(b"more")
    assert installed.payload_sha256(site, path) != digest


def test_another_loader_counts(site):
    program, path = ffmpeg_of(site)
    digest = installed.payload_sha256(site, path)
    elf.set_interpreter(program, "/tmp/ld-linux-x86-64.so.2")
    assert installed.payload_sha256(site, path) != digest


def test_only_listed_programs_are_normalised(site):
    program, path = ffmpeg_of(site)
    elf.set_interpreter(program, LOADER)
    other = program.with_name("other")
    program.rename(other)
    assert installed.payload_sha256(site, f"{path.rpartition('/')[0]}/other") == installed.sha256_of(other)


def test_program_runs_with_the_interpreter_that_was_set(site):
    program, _ = ffmpeg_of(site)
    link = site / "ld"
    link.symlink_to(os.path.realpath("/lib64/ld-linux-x86-64.so.2"))
    elf.set_interpreter(program, str(link))
    assert "ffmpeg version" in subprocess.run([program, "-version"], capture_output=True, text=True).stdout
    link.unlink()
    with pytest.raises(FileNotFoundError):  # what the kernel says of a program whose interpreter is not there
        subprocess.run([program, "-version"])


# ---------------------------------------------------------------- wheels and the environment of them


def make_wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    """A wheel of these files, {path in the wheel: body}, with a RECORD."""
    info = f"{name}-1.0.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()}
    rows = [f"{path},{record_digest(body)},{len(body)}\n" for path, body in files.items()]
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, body in files.items():
            archive.writestr(path, body)
        archive.writestr(f"{info}/RECORD", "".join([*rows, f"{info}/RECORD,,\n"]))
    return wheel


def record_digest(body: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


FILES = {
    "one/__init__.py": b"VALUE = 1\n",
    "one-1.0.data/data/share/one.txt": b"data\n",
    "one-1.0.data/scripts/one": b"#!python\nprint(1)\n",
    "one-1.0.dist-info/entry_points.txt": b"[console_scripts]\none = one:main\n",
}


def unpack(wheel: Path, out: Path) -> subprocess.CompletedProcess:
    return run_builder("unpack_wheel.py", wheel, out, SITE, LOADER)


def test_unpacked_wheel_has_the_locks_payload(tmp_path):
    wheel = make_wheel(tmp_path, "one", FILES)
    assert unpack(wheel, tmp_path / "out").returncode == 0
    site = tmp_path / "out" / SITE
    (distribution,) = installed.read_distributions(site)
    on_disk = installed.hash_files(site, [distribution])
    assert installed.payload_digest(distribution, on_disk) == payload.wheel_digest(wheel)
    assert installed.altered_files(distribution, on_disk) == []
    assert compare.wrong_sizes(site, [distribution]) == []
    assert installed.unowned_files(site, [distribution]) == []
    assert list(site.glob("one/__pycache__/*.pyc"))


def test_wheel_that_is_not_what_its_record_says_is_refused(tmp_path):
    wheel = make_wheel(tmp_path, "one", FILES)
    with zipfile.ZipFile(wheel) as archive:
        bodies = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, body in bodies.items():
            archive.writestr(name, body.replace(b"VALUE = 1", b"VALUE = 2"))
    done = unpack(wheel, tmp_path / "out")
    assert done.returncode == 1
    assert "one/__init__.py is not what the wheel's RECORD says" in done.stderr


def test_program_that_is_not_listed_is_refused(tmp_path):
    done = unpack(make_wheel(tmp_path, "one", {"one/program": FFMPEG.read_bytes()}), tmp_path / "out")
    assert done.returncode == 1
    assert "one/program is a program that avatar/environment/elf.py does not list" in done.stderr


def loaded_zlib() -> str:
    """Where the system's zlib lies: a library for an environment to open at start."""
    ctypes.CDLL("libz.so.1")
    return re.search(r"/\S+/libz\.so\S*", Path("/proc/self/maps").read_text())[0]


def build_env(tmp_path: Path, *trees: Path) -> subprocess.CompletedProcess:
    python, unresolved = os.path.realpath(sys.executable), ROOT / "nix/unresolved.txt"
    return run_builder("build_env.py", tmp_path / "env", SITE, python, unresolved, loaded_zlib(), "--", *trees)


def test_environment_of_links(tmp_path):
    """A virtual environment whose files are links into the wheels, one place for a file that two of them share."""
    shared = {"shared/__init__.py": b""}
    for name, files in {"one": {**FILES, **shared}, "two": {"two.py": b"", **shared}}.items():
        assert unpack(make_wheel(tmp_path, name, files), tmp_path / name).returncode == 0
    done = build_env(tmp_path, tmp_path / "one", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    environment, site = tmp_path / "env", tmp_path / "env" / SITE
    code = f"import one, two, shared, sys; print(one.__file__, {loaded_zlib()!r} in open('/proc/self/maps').read())"
    done = subprocess.run([environment / "bin/python3", "-I", "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == [str(site / "one/__init__.py"), "True"], done.stderr
    assert (site / "one/__init__.py").readlink() == tmp_path / "one" / SITE / "one/__init__.py"
    assert (environment / "bin/one").read_text().startswith(f"#!{environment}/bin/python3\n")
    distributions = installed.read_distributions(site)
    assert [d.name for d in distributions] == ["one", "two"]
    assert installed.unowned_files(site, distributions) == []


def test_wheels_that_disagree_about_a_file_are_refused(tmp_path):
    for name, body in {"one": b"1", "two": b"2"}.items():
        assert unpack(make_wheel(tmp_path, name, {"shared.txt": body}), tmp_path / name).returncode == 0
    done = build_env(tmp_path, tmp_path / "one", tmp_path / "two")
    assert done.returncode == 1
    assert f"two wheels put different bytes at {SITE}/shared.txt" in done.stderr


# ---------------------------------------------------------------- the docs' commands, and Nix's sandbox


def test_every_nix_command_of_the_docs_is_run_by_ci_or_known_not_to_be():
    written = re.findall(
        r"^    (?:\S+=\S+ )?nix (.*?)(?: +#.*| --.*| &&.*)?$", (ROOT / "docs/nix.md").read_text(), re.MULTILINE
    )
    scripts = (ROOT / "ci/nix/check").read_text() + (ROOT / "ci/nix/door").read_text()
    run = {"run .#avatar", "flake check", "develop", "build .#weights"}
    wants_nixpkgs = {"run .#avatar-full", "build .#image"}  # evaluated alone; the docs say so
    assert set(written) == run | wants_nixpkgs
    for command in run:
        verb, _, what = command.partition(" ")
        assert re.search(rf"ci/nix/nix {verb}\b.*{re.escape(what)}\b", scripts), command


def test_the_flakes_check_of_a_voice_needs_no_sys(tmp_path):
    """Nix builds without /sys, where MediaPipe cannot live; so do some chroots."""
    namespaces.need_mounts()
    check = re.search(r'"avatar-check-voice" \{ \} \'\'\n(.*?)\n *\'\';', nix_files()["flake.nix"], re.DOTALL)[1]
    python = f'"{sys.executable}"'
    commands = check.replace("${base.avatar}/bin/avatar", f"{python} -m avatar")
    commands = commands.replace("${base.python}/bin/avatar-python", python)
    assert "${" not in commands
    done = subprocess.run(
        [*namespaces.UNSHARE, "bash", "-euo", "pipefail", "-c", f"mount -t tmpfs none /sys\n{commands}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "out": "report"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "every limit is met" in (tmp_path / "report").read_text()


# ---------------------------------------------------------------- the host's driver


def driver_folder(home: Path, call: str, **environment: str) -> Path:
    script = f"set -euo pipefail; . {ROOT / 'nix/host-driver.sh'}; {call}"
    done = subprocess.run(
        ["bash", "-c", script], env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(done.stdout.strip())


def test_only_the_drivers_libraries_are_linked(tmp_path):
    host = tmp_path / "host"
    host.mkdir()
    for name in ("libcuda.so.550.1", "libnvidia-ml.so.1", "libc.so.6", "libstdc++.so.6", "libnvinfer.so.8"):
        (host / name).touch()
    (host / "libcuda.so.1").symlink_to("libcuda.so.550.1")
    links = driver_folder(tmp_path, f"avatar_driver_links {host}")
    assert sorted(os.listdir(links)) == ["libcuda.so.1", "libcuda.so.550.1", "libnvidia-ml.so.1"]
    assert driver_folder(tmp_path, f"avatar_driver_links {host}") == links
    assert len(os.listdir(links.parent)) == 1


def test_named_driver_folder_is_taken_as_it_is(tmp_path):
    (tmp_path / "libcuda.so.1").touch()
    assert driver_folder(tmp_path, "avatar_driver_folder", AVATAR_DRIVER_LIBS=str(tmp_path)) == tmp_path
