"""Which encoder makes the picture: x264 unless asked otherwise, NVENC only after it encoded a trial frame.

Most hosts of these tests have no NVENC; one that has is kept from it by hiding its GPUs, except in the last two tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar import pipeline
from avatar.errors import EnvironmentProblem
from avatar.jobs import home as homes
from avatar.jobs import job as jobs
from avatar.media import encoder
from avatar.media.ffmpeg import ENCODERS, encode_command, encode_frames, ffmpeg_program, nvenc_reason
from avatar.progress import Progress
from tests.conftest import SHORT_TEXT

SIZE, RATE = 512, Fraction(25)
RUN = ("pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--subtitles")  # what finished_job was asked for


@pytest.fixture
def no_nvenc(monkeypatch):
    """No NVENC here, whatever the host has: the CUDA driver shows no GPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    encoder.nvenc_problem.cache_clear()
    yield
    encoder.nvenc_problem.cache_clear()


def pictures(count: int) -> list[np.ndarray]:
    """A grey ramp that brightens."""
    ramp = np.linspace(0, 120, SIZE, dtype=np.uint8)[None, :, None]
    return [np.broadcast_to(ramp + np.uint8(number), (SIZE, SIZE, 3)).copy() for number in range(count)]


def assert_plays_and_comes_again(name: str, folder: Path) -> None:
    """Sixty frames decode as H.264 with the right colours and times, and a second encoding is the same file."""
    for path in (folder / "first.mp4", folder / "second.mp4"):
        assert encode_frames(pictures(60), SIZE, SIZE, RATE, path, name) == 60
    said = read_back(folder / "first.mp4")
    assert re.search(r"Video: h264 \(\w+\).*yuv420p\(tv, bt709, progressive\), 512x512.*25 fps", said), said
    assert "Duration: 00:00:02.40, start: 0.000000" in said and re.search(r"frame= +60 ", said)
    assert (folder / "first.mp4").read_bytes() == (folder / "second.mp4").read_bytes()


def read_back(path: Path) -> str:
    """What FFmpeg says about a file after decoding all of it; an error of the decoder fails."""
    command = [ffmpeg_program(), "-hide_banner", "-xerror", "-i", path, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


# ---------------------------------------------------------------- asked for by name


@pytest.mark.usefixtures("no_nvenc")
@pytest.mark.parametrize("stack", ["preview", "full"])
def test_nvenc_by_name_is_refused_before_work_where_it_encodes_nothing(stack, avatar, home, monkeypatch):
    monkeypatch.setenv("AVATAR_ENCODER", "nvenc")
    outcome = avatar("pipeline", "run", "--stack", stack, "--text", "Hello.")
    assert outcome.code == 1 and outcome.stdout == ""
    (message,) = outcome.stderr.strip().splitlines()
    problem = encoder.nvenc_problem(SIZE, RATE)
    assert problem and message.startswith(
        f"avatar: NVENC (AVATAR_ENCODER) encoded no trial frame on this host: {problem};"
    )
    assert "AVATAR_ENCODER=x264" in message
    assert not homes.every(home)


@pytest.mark.usefixtures("no_nvenc")
def test_a_program_that_renders_without_the_command_lines_checks_is_refused_too(finished_job, monkeypatch):
    monkeypatch.setenv("AVATAR_ENCODER", "nvenc")
    before = finished_job.record("lips")
    with pytest.raises(EnvironmentProblem, match="no trial frame"):
        pipeline.render(finished_job, Progress())
    assert finished_job.record("lips") == before, "a picture that was there is gone"


@pytest.mark.parametrize("by", ["variable", "file"])
def test_an_unknown_encoder_is_named_with_its_origin(by, avatar, home, monkeypatch):
    if by == "variable":
        monkeypatch.setenv("AVATAR_ENCODER", "h265")
    else:
        (home / "settings.toml").write_text('encoder = "h265"\n')
    outcome = avatar("pipeline", "run", "--text", "Hello.")
    assert outcome.code == 2 and outcome.stdout == ""
    origin = "AVATAR_ENCODER" if by == "variable" else f"{home}/settings.toml"
    assert f"no encoder 'h265' ({origin}); choose one of: x264, nvenc, auto." in outcome.stderr


def test_every_choice_but_auto_is_an_encoder_of_ffmpeg():
    assert set(encoder.CHOICES) == {*ENCODERS, "auto"}


# ---------------------------------------------------------------- the same bytes as ever


def test_auto_on_a_cpu_gives_the_same_job_and_the_same_bytes(avatar, home, finished_job, monkeypatch):
    monkeypatch.setenv("AVATAR_ENCODER", "auto")
    outcome = avatar(*RUN, "--json")
    assert outcome.code == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    assert report["records"]["lips"]["encoder"] == {"name": "x264", "why": "auto: the lips are drawn on the CPU"}
    assert finished_job.record("lips")["encoder"] == {"name": "x264", "why": "the default"}
    assert report["job"] == finished_job.id
    assert report["records"]["lips"]["cause"] == finished_job.record("lips")["cause"]
    assert (home / "jobs" / report["job"] / "video.mp4").read_bytes() == finished_job.video.read_bytes()


def test_nvenc_alone_enters_what_a_picture_depends_on():
    assert encoder.Encoder("x264", "any way").inputs == {}
    assert encoder.Encoder("nvenc", "any way").inputs == {"encoder": "nvenc"}


# ---------------------------------------------------------------- the rule of "auto"


@pytest.mark.usefixtures("no_nvenc")
def test_auto_falls_back_to_x264_where_the_trial_fails_and_says_why():
    chosen = encoder.by_rule("cuda", 2, SIZE, RATE)
    assert chosen.name == "x264"
    assert chosen.why == f"auto: NVENC encoded no trial frame: {encoder.nvenc_problem(SIZE, RATE)}"


def test_auto_tries_nothing_where_x264_has_the_cores_or_the_lips_are_the_cpus():
    encoder.nvenc_problem.cache_clear()
    assert "3 cores do" in encoder.by_rule("cuda", 3, SIZE, RATE).why
    assert "on the CPU" in encoder.by_rule("cpu", 1, SIZE, RATE).why
    assert encoder.nvenc_problem.cache_info().misses == 0


def test_auto_asks_the_profile_in_force_what_draws_the_lips_of_the_full_stack(monkeypatch):
    monkeypatch.setenv("AVATAR_ENCODER", "auto")
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert encoder.choose("full", SIZE, RATE) == encoder.Encoder("x264", "auto: the lips are drawn on the CPU")


def test_the_sum_of_the_rule_is_that_of_its_explanation():
    parts, total = re.findall(r" {2,}(\d\.\d\d)\b", encoder.__doc__)[:3], encoder.__doc__.split("0.44\n")[1].split()[0]
    assert float(total) == pytest.approx(sum(map(float, parts)))
    assert f"{encoder.CORES_WITH_X264:.2f}" == total


# ---------------------------------------------------------------- the trial


def test_the_trial_leaves_no_file_and_loads_no_model_library(tmp_path):
    program = (
        "import sys\n"
        "from fractions import Fraction\n"
        "from avatar.media.encoder import nvenc_problem\n"
        "nvenc_problem(512, Fraction(25))\n"
        "print(sorted({'torch', 'cv2', 'numpy', 'onnxruntime', 'mediapipe'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
    assert not list(tmp_path.iterdir())


def test_every_option_of_the_command_is_one_of_the_pinned_ffmpeg():
    """Names and named values; that FFmpeg takes them together is seen where the trial fails only at the driver."""
    asked = subprocess.run([ffmpeg_program(), "-h", "encoder=h264_nvenc"], capture_output=True, text=True).stdout
    common = subprocess.run([ffmpeg_program(), "-h", "full"], capture_output=True, text=True).stdout
    options = dict(zip(ENCODERS["nvenc"][::2], ENCODERS["nvenc"][1::2], strict=True))
    assert options.pop("-c:v") in asked and "yuv420p" in asked.split("Supported pixel formats:")[1].splitlines()[0]
    assert re.search(r"^ +-g +<int> +E\.\.V", common, re.MULTILINE) and options.pop("-g").isdigit()
    for name, value in options.items():
        found = re.search(rf"^  {name} +<(\w+)>.*\n((?:     .*\n)*)", asked, re.MULTILINE)
        assert found, name
        named = re.findall(r"^     (\S+)", found[2], re.MULTILINE)
        assert value in named if named else float(value) <= 51, name


@pytest.mark.usefixtures("no_nvenc")
def test_nothing_but_the_driver_stops_the_trial():
    """FFmpeg reads the options first: one that it does not know would be what it complains of."""
    problem = encoder.nvenc_problem(SIZE, RATE)
    assert re.search("libcuda|CUDA|cuda|cuInit|driver|device", problem), problem
    assert not re.search("option|Unrecognized|value", problem), problem


def test_the_driver_that_the_pinned_ffmpeg_wants_is_the_one_in_the_explanation():
    (named,) = re.findall(r"wants driver (\d+) or newer", encoder.__doc__)
    assert f"\0{named}.00\0".encode() in Path(ffmpeg_program()).read_bytes()


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (
            "[h264_nvenc @ 0x55f9] Driver does not support the required nvenc API version. Required: 13.1 Found: 12.1\n"
            "[h264_nvenc @ 0x55f9] The minimum required Nvidia driver for nvenc is 610.00 or newer\n"
            "[vost#0:0/h264_nvenc @ 0x55f8] [enc:h264_nvenc @ 0x55f7] Error while opening encoder - maybe incorrect\n",
            "Driver does not support the required nvenc API version. Required: 13.1 Found: 12.1; "
            "The minimum required Nvidia driver for nvenc is 610.00 or newer",
        ),
        (
            "[h264_nvenc @ 0xa] OpenEncodeSessionEx failed: unsupported device (2): (no details)\n"
            "[h264_nvenc @ 0xa] No capable devices found\n[out#0/null @ 0xb] Nothing was written into output file\n",
            "OpenEncodeSessionEx failed: unsupported device (2): (no details); No capable devices found",
        ),
        ("[out#0/mp4 @ 0xb] Error opening output /x.mp4: Permission denied\n", ""),
    ],
)
def test_the_reason_is_what_nvenc_said_and_not_what_follows_from_it(messages, reason):
    """FFmpeg's messages of an old driver, of a GPU without NVENC, and of another failure."""
    assert nvenc_reason(messages) == reason


# ---------------------------------------------------------------- encoding


@pytest.mark.usefixtures("no_nvenc")
def test_an_nvenc_that_fails_while_frames_come_leaves_no_file(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"could not encode v\.mp4: .+; AVATAR_ENCODER=x264"):
        encode_frames(pictures(40), SIZE, SIZE, RATE, tmp_path / "v.mp4", "nvenc")
    assert not list(tmp_path.iterdir())


def test_both_commands_differ_in_the_encoder_alone():
    """Colours, pixel format and the pipe are the same; x264 stands for the rest of the command everywhere else."""
    x264, nvenc = (encode_command(SIZE, SIZE, RATE, name) for name in ("x264", "nvenc"))
    start = x264.index("-c:v")
    assert x264[:start] == nvenc[:start] and x264[-2:] == nvenc[-2:] == ["-pix_fmt", "yuv420p"]
    assert x264[start:-2] == ENCODERS["x264"] and nvenc[start:-2] == ENCODERS["nvenc"]


def test_what_x264_writes_is_what_players_expect(tmp_path):
    assert_plays_and_comes_again("x264", tmp_path)


# ---------------------------------------------------------------- only where there is an NVENC


@pytest.fixture
def nvenc():
    encoder.nvenc_problem.cache_clear()
    if problem := encoder.nvenc_problem(SIZE, RATE):
        pytest.skip(f"no NVENC on this host: {problem}")


@pytest.mark.usefixtures("nvenc")
def test_what_nvenc_writes_is_what_players_expect(tmp_path):
    assert_plays_and_comes_again("nvenc", tmp_path)


@pytest.mark.usefixtures("nvenc")
def test_nvenc_makes_the_picture_of_a_job_anew_and_nothing_before_it(avatar, finished_job, monkeypatch):
    monkeypatch.setenv("AVATAR_ENCODER", "nvenc")
    outcome = avatar(*RUN, "--json")
    assert outcome.code == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    assert report["job"] == finished_job.id
    assert report["records"]["lips"]["encoder"] == {"name": "nvenc", "why": "set by AVATAR_ENCODER"}
    same = [
        stage for stage in jobs.STAGES if report["records"][stage]["outputs"] == finished_job.record(stage)["outputs"]
    ]
    assert same == ["portrait", "voice"]
    assert avatar("check", report["output"]).code == 0
