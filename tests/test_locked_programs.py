"""FFmpeg and espeak-ng are the locked ones, whatever the environment names and the host has installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.environment import elf
from avatar.environment.packaged import package_file
from avatar.media.ffmpeg import ffmpeg_program
from avatar.voice.presets import espeak
from tests.conftest import SHORT_TEXT, run_command, without_manifest


@pytest.fixture
def others(tmp_path) -> tuple[dict[str, str], Path]:
    """An environment that names other programs in every way there is, and the file that these write when they run."""
    ran = tmp_path / "ran"
    for name in ("ffmpeg", "espeak-ng", "espeak"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} >> '{ran}'\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    for name in ("libespeak-ng.so", "libespeak-ng.so.1"):
        (tmp_path / name).write_text("no library")
    (tmp_path / "espeak-ng-data").mkdir()
    named = {
        "IMAGEIO_FFMPEG_EXE": str(tmp_path / "ffmpeg"),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": str(tmp_path),
        "ESPEAK_DATA_PATH": str(tmp_path),
        "PHONEMIZER_ESPEAK_LIBRARY": str(tmp_path / "libespeak-ng.so"),
    }
    return {**os.environ, **named}, ran


def test_a_video_is_made_by_the_locked_programs(others, finished_job, tmp_path):
    environment, ran = others
    video = tmp_path / "video.mp4"
    request = ["--text", SHORT_TEXT, "--preset", "joe", "--subtitles"]
    done = run_command("pipeline", "run", *request, "-o", video, env=environment)
    assert done.returncode == 0, done.stderr
    assert not ran.exists()
    assert without_manifest(video) == finished_job.video.read_bytes()
    told = [line for line in done.stderr.splitlines() if "IMAGEIO_FFMPEG_EXE" in line]
    assert told == [f"note: IMAGEIO_FFMPEG_EXE={tmp_path / 'ffmpeg'} is ignored: the locked FFmpeg is used."]


def test_espeaks_data_is_that_beside_the_library(monkeypatch, tmp_path):
    """Also where that is damaged: another is not taken for it."""
    real = package_file("espeakng_loader", "libespeak-ng.so")
    monkeypatch.setenv("ESPEAK_DATA_PATH", str(real.parent))
    (tmp_path / "espeak-ng-data").mkdir()
    shutil.copy(real, tmp_path)
    line = [sys.executable, "-I", espeak.__file__, "en-us", tmp_path / real.name]
    child = subprocess.run(line, input="hello\n", capture_output=True, text=True)
    assert (child.returncode, child.stdout) == (1, "") and "no usable data" in child.stderr


# --- a program that is not the wheel's


@pytest.fixture
def site(tmp_path) -> Path:
    """A site-packages with FFmpeg's wheel; its files are links, to be replaced one by one."""
    real = Path(ffmpeg_program())
    package = real.parent.parent
    (record,) = package.parent.glob("imageio_ffmpeg-*.dist-info")
    for folder in (package, record):
        shutil.copytree(folder, tmp_path / "site" / folder.name, copy_function=os.symlink)
    return tmp_path / "site"


def found(site: Path) -> str:
    """The program that a process with this site-packages uses, or the error in place of it."""
    code = (
        "import sys; from avatar.media.ffmpeg import ffmpeg_program; from avatar.errors import EnvironmentProblem\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "try: print(ffmpeg_program())\n"
        "except EnvironmentProblem as error: print(error)"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_program_is_found_by_the_wheels_record(site):
    assert found(site) == str(site / Path(ffmpeg_program()).relative_to(Path(ffmpeg_program()).parents[2]))


def test_a_program_of_another_size_is_refused(site):
    program = Path(found(site))
    program.unlink()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert found(site).startswith(f"{program} has 10 bytes, its wheel says ")


def test_a_program_that_is_gone_is_named(site):
    Path(program := found(site)).unlink()
    assert f"the file binaries/{Path(program).name} of the package imageio_ffmpeg is not installed" in found(site)


def test_a_wheel_without_its_record_is_refused(site):
    (record,) = site.glob("*.dist-info/RECORD")
    record.unlink()
    assert found(site).startswith(f"the RECORD of imageio_ffmpeg in {site} names 0 files binaries/ffmpeg-*; ")


def test_a_program_that_may_not_be_executed_is_named(site):
    program = Path(found(site))
    real = program.resolve()
    program.unlink()
    with open(program, "wb") as file:  # as long, and empty
        file.truncate(real.stat().st_size)
    assert found(site).startswith(f"{program} may not be executed; ")


def test_a_program_that_nix_gave_its_loader_is_the_wheels(site):
    program = Path(found(site))
    real = program.resolve()
    program.unlink()
    shutil.copy(real, program)
    elf.set_interpreter(program, f"/nix/store/{'0' * 32}-glibc-2.40-66/lib/ld-linux-x86-64.so.2")
    assert program.stat().st_size != real.stat().st_size
    assert found(site) == str(program)
