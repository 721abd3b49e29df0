"""Bad input: each gets an exit code and one message that says what was wrong and what to do, and loses nothing.

A row is (name, arguments, exit code, words of the message). Words in braces name files that `files` makes.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
import wave
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar.jobs import home as homes
from avatar.media.ffmpeg import ffmpeg_program
from tests.conftest import ROOT, run_command, without_manifest
from tests.namespaces import UNSHARE

SKIMAGE = Path(sys.prefix) / "lib/python3.11/site-packages/skimage/data"
RUN = "pipeline run -o {out}/v.mp4"
PICTURE = RUN + " --text Hello. --portrait"
VOICE = RUN + " --text Hello. --voice"
AUDIO = RUN + " --audio"

ROWS = [
    # text
    ("no text", f"{RUN}", 2, ["nothing to say", "--text", "--audio"]),
    ("empty text", f"{RUN} --text=", 2, ["text is empty"]),
    ("blank text", f"{RUN} --text-file {{blank.txt}}", 2, ["text is empty"]),
    ("only punctuation", f"{RUN} --text ...!?", 2, ["--text", "nothing to say"]),
    ("only pictures", f"{RUN} --text 🎉🎉", 2, ["--text", "nothing to say"]),
    ("another script", f"{RUN} --text Привет.", 2, ["--text", "'Привет.'", "full stack"]),
    ("another script, to be planned", f"{RUN} --text Привет. --dry-run", 2, ["--text", "'Привет.'", "full stack"]),
    ("control characters", f"{RUN} --text-file {{bell.txt}}", 2, ["U+0007", "position 6", "remove it"]),
    ("too long a text", f"{RUN} --text-file {{long.txt}}", 2, ["120 s", "split it"]),
    ("a book", f"{RUN} --text-file {{book.txt}}", 2, ["characters", "split it"]),
    ("text that is not UTF-8", f"{RUN} --text-file {{latin1.txt}}", 2, ["not UTF-8"]),
    ("no text file", f"{RUN} --text-file {{out}}/none.txt", 2, ["cannot read", "none.txt"]),
    ("text twice", f"{RUN} --text a --text-file {{blank.txt}}", 2, ["not both"]),
    ("text and audio", f"{RUN} --text a --audio {{good.wav}}", 2, ["--text, --audio", "exclude each other"]),
    ("a language the voice has not", f"{RUN} --text Cześć. --language pl", 2, ["'pl'", "full stack"]),
    ("a language whose voices are not here", f"{RUN} --text Bonjour. --language fr", 1, ["ff_siwis", "28.2 MB", "models fetch kokoro-voices"]),
    ("a preset that is not here", f"{RUN} --text Hello. --preset af_bella", 1, ["af_bella", "28.2 MB", "models fetch kokoro-voices"]),
    ("a preset of another language", f"{RUN} --text Hello. --language en --preset ef_dora", 2, ["--preset, --language", "speaks es", "--language es"]),
    ("a language nobody has", f"{RUN} --text Hello. --language tlh", 2, ["language", "'en'"]),
    ("an unknown preset", f"{RUN} --text Hello. --preset hal", 2, ["'hal'", "heart", "joe", "voice presets"]),
    ("too short a target", f"{RUN} --text-file {{minute.txt}} --seconds 3 --preset joe", 2, ["3", "s"]),
    ("a target over the limit", f"{RUN} --text Hello. --seconds 500", 2, ["--seconds", "120"]),
    ("an unknown stack", f"{RUN} --text Hello. --stack best", 2, ["--stack", "preview"]),
    ("the full stack without weights", f"{RUN} --text Hello. --stack full", 1, ["avatar models fetch"]),
    ("a prompt for the preview", f"{RUN} --text Hello. --prompt sailor", 2, ["--prompt", "--stack full"]),
    ("a prompt and a picture", f"{RUN} --text Hello. --stack full --prompt a --portrait {{cat.png}}", 2, ["--portrait, --prompt", "one of them"]),
    ("an unknown option", "pipeline run --txt Hello.", 2, ["--txt", "--text"]),
    # pictures
    ("no picture", f"{PICTURE} {{out}}/none.png", 2, ["none.png"]),
    ("an empty picture", f"{PICTURE} {{empty.png}}", 1, ["empty.png"]),
    ("not a picture", f"{PICTURE} {{blank.txt}}", 1, ["blank.txt", "JPEG, PNG"]),
    ("a truncated picture", f"{PICTURE} {{truncated.jpg}}", 1, ["truncated.jpg"]),
    ("one pixel", f"{PICTURE} {{pixel.png}}", 1, ["1x1"]),
    ("20,000 pixels", f"{PICTURE} {{wide.png}}", 1, ["20001"]),
    ("a decompression bomb", f"{PICTURE} {{bomb.png}}", 1, ["bomb.png"]),
    ("no face", f"{PICTURE} {{cat.png}}", 1, ["no face"]),
    ("two faces", f"{PICTURE} {{two.png}}", 1, ["--face"]),
    ("a profile", f"{PICTURE} {{profile.png}}", 1, ["face"]),
    ("a third face of two", f"{PICTURE} {{two.png}} --face 3", 1, ["3", "2"]),
    ("a clip for the preview", f"{PICTURE} {{clip.mov}}", 2, ["--portrait", "a clip", "--stack full"]),
    ("face zero", f"{PICTURE} {{two.png}} --face 0", 2, ["--face"]),
    # recordings
    ("no recording", f"{VOICE} {{out}}/none.wav", 2, ["none.wav"]),
    ("a recording of 0 bytes", f"{VOICE} {{empty.wav}}", 1, ["empty.wav"]),
    ("0.1 s", f"{VOICE} {{tenth.wav}}", 1, ["0.1", "s"]),
    ("silence", f"{VOICE} {{silence.wav}}", 1, ["silen"]),
    ("8 kHz", f"{VOICE} {{telephone.wav}}", 1, ["telephone.wav", "8000 Hz", "16,000 Hz"]),
    ("9 channels", f"{VOICE} {{nine.wav}}", 1, ["nine.wav", "9 channels", "8 is the most"]),
    ("3 hours", f"{VOICE} {{hours.mp3}}", 1, ["10 min"]),
    ("a truncated recording", f"{VOICE} {{truncated.wav}}", 1, ["truncated.wav"]),
    ("not a recording", f"{VOICE} {{blank.txt}}", 1, ["blank.txt"]),
    ("given speech that is silent", f"{AUDIO} {{silence.wav}}", 1, ["silen"]),
    ("given speech of 3 hours", f"{AUDIO} {{hours.mp3}}", 1, ["2 min is the most"]),
    ("a voice that nobody has", f"{VOICE} nobody", 2, ["no preset, no cloned voice and no file 'nobody'", "voice list"]),
    ("voice for given speech", f"{AUDIO} {{good.wav}} --voice {{good.wav}}", 2, ["--audio"]),
    ("a bad voice name", "voice clone {good.wav} --name a/b", 2, ["'a/b'"]),
    ("an unknown voice", "voice show nobody", 2, ["nobody", "voice list"]),
    # outputs
    ("output exists", "pipeline run --text Hello. -o {good.mp4}", 2, ["exists", "--overwrite"]),
    ("output is a folder", "pipeline run --text Hello. -o {folder.mp4}", 2, ["is a folder"]),
    ("output in no folder", "pipeline run --text Hello. -o {out}/none/v.mp4", 2, ["does not exist"]),
    ("output of another kind", "pipeline run --text Hello. -o {out}/v.avi", 2, [".mp4"]),
    ("output read-only", "pipeline run --text Hello. -o /proc/v.mp4", 2, ["cannot write"]),
    ("output name too long", "pipeline run --text Hello. -o {out}/" + 252 * "n" + ".mp4", 2, ["shorter one"]),
    ("subtitles exist", "pipeline run --text Hello. --subtitles -o {folder}/taken.mp4", 2, ["taken.srt", "exists"]),
    ("subtitles of given speech", f"{AUDIO} {{good.wav}} --subtitles", 2, ["--subtitles", "--audio"]),
    ("an unknown profile", f"{RUN} --text Hello. --profile huge", 2, ["--profile", "10GB"]),
    # jobs and checks
    ("an unknown job", "pipeline resume nothing", 2, ["'nothing'", "pipeline list"]),
    ("check of nothing", "check {out}/none.mp4", 2, ["none.mp4"]),
    ("an unknown command", "render", 2, ["render"]),
]  # fmt: skip


def wav(path: Path, samples: np.ndarray, rate: int = 24000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def voiced(seconds: float, rate: int = 24000) -> np.ndarray:
    """A hum with syllables: enough to count as a voice."""
    t = np.arange(round(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12))
    return (0.2 * tone * (0.55 + 0.45 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any data: the bomb must be refused by its header."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    texts = {
        "blank.txt": b" \n\t\n",
        "bell.txt": b"Hello\x07 there.",
        "long.txt": b"This sentence takes a while to say. " * 90,
        "minute.txt": b"This sentence takes a while to say. " * 20,
        "book.txt": b"All work and no play. " * 5000,
        "latin1.txt": "Café.".encode("latin-1"),
        "empty.png": b"",
        "empty.wav": b"",
        "good.mp4": b"mine",
        "clip.mov": b"\0\0\0\x14ftypqt  ",
        "taken.srt": b"mine",
        "bomb.png": png_header(19_000, 19_000),
        "wide.png": png_header(20_001, 10),
    }
    for name, content in texts.items():
        (folder / name).write_bytes(content)
    (folder / "folder.mp4").mkdir()
    portrait = Image.open(SKIMAGE / "astronaut.png")
    jpeg = io.BytesIO()
    portrait.save(jpeg, "JPEG")
    (folder / "truncated.jpg").write_bytes(jpeg.getvalue()[:9000])
    Image.new("RGB", (1, 1)).save(folder / "pixel.png")
    Image.open(SKIMAGE / "chelsea.png").save(folder / "cat.png")
    two = Image.new("RGB", (1024, 512))
    two.paste(portrait, (0, 0))
    two.paste(portrait, (512, 0))
    two.save(folder / "two.png")
    profile = np.asarray(Image.open(SKIMAGE / "camera.png").convert("RGB"))  # a man seen from the side
    Image.fromarray(profile).save(folder / "profile.png")
    wav(folder / "good.wav", voiced(8))
    wav(folder / "tenth.wav", voiced(0.1))
    wav(folder / "telephone.wav", voiced(8, 8000), 8000)
    wav(folder / "nine.wav", np.repeat(voiced(8), 9), channels=9)
    wav(folder / "silence.wav", np.zeros(8 * 24000, np.float32))
    whole = (folder / "good.wav").read_bytes()
    (folder / "truncated.wav").write_bytes(whole[: len(whole) // 3])
    subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-f", "lavfi", "-i", "sine=frequency=180:sample_rate=8000",
         "-t", "10800", "-b:a", "8k", folder / "hours.mp3"], check=True,
    )  # fmt: skip
    return folder


def arguments_of(line: str, files: Path, out: Path) -> list[str]:
    names = {path.name: str(path) for path in files.iterdir()} | {"out": str(out), "folder": str(files)}
    result = []
    for word in line.split():
        for name, path in names.items():
            word = word.replace("{" + name + "}", path)
        result.append(word)
    return result


@pytest.mark.parametrize(("line", "code", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_bad_input(line, code, words, avatar, files, tmp_path, home):
    before = {path.name: path.stat().st_mtime_ns for path in files.iterdir()}
    outcome = avatar(*arguments_of(line, files, tmp_path))
    assert outcome.code == code, outcome.stderr
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    message = outcome.stderr.strip().splitlines()[-1]
    assert all(word in message for word in words), message
    assert before == {path.name: path.stat().st_mtime_ns for path in files.iterdir()}
    assert not list(tmp_path.iterdir()), "something was left where the output would be"
    assert not [path for path in home.rglob("*") if path.name.startswith(".") and path.is_dir()], "a temporary folder"
    assert all(job.record("portrait") for job in homes.every(home)), "a job in which nothing was made"


def test_what_can_be_refused_early_is_refused_before_a_model_library_loads(files, tmp_path, home):
    """Every row up to the pictures' content runs in one process, which then holds no model library."""
    late = {"no face", "a profile", "two faces", "a third face of two", "too short a target"}
    lines = [arguments_of(row[1], files, tmp_path) for row in ROWS if row[0] not in late]
    program = (
        "import sys, json; from avatar.__main__ import main\n"
        "for line in json.loads(sys.stdin.read()): main(line)\n"
        "print(sorted({'mediapipe', 'onnxruntime', 'torch', 'transformers', 'matplotlib'} & set(sys.modules)))"
    )
    import json

    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(lines), capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["with space.mp4", 'it\'s "quoted".mp4', "new\nline.mp4", "-dash.mp4", "per%cent:colon.mp4", "ümläut.mp4"]
)
def test_any_file_name_will_do(name, avatar, finished_home, finished_job, home, tmp_path, monkeypatch):
    """Names that shells and FFmpeg stumble over; the job is done, so that only the delivery is tried."""
    shutil.copytree(finished_home, home, dirs_exist_ok=True)  # a job remembers its outputs
    monkeypatch.chdir(tmp_path)
    outcome = avatar("pipeline", "resume", finished_job.id, "-o", name)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout == f"{tmp_path / name}\n"
    assert without_manifest(tmp_path / name) == finished_job.video.read_bytes()


def test_odd_names_of_inputs_and_home(files, tmp_path):
    odd = tmp_path / "-o dd 'n\name: %d"
    odd.mkdir()
    for name, source in (("-voice.wav", files / "good.wav"), ("-face.png", SKIMAGE / "astronaut.png")):
        (odd / name).write_bytes(source.read_bytes())
    done = run_command(
        "pipeline", "run", "--audio", "-voice.wav", "--portrait", "-face.png", "-o", "-v.mp4",
        cwd=odd, env={**os.environ, "AVATAR_HOME": str(odd / "home")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (odd / "-v.mp4").stat().st_size > 10_000


def test_a_damaged_job_is_listed_and_can_be_removed(avatar, home):
    folder = home / "jobs/broken-0123456789"
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{half")
    assert "damaged" in avatar("pipeline", "list").stdout
    resumed = avatar("pipeline", "resume", "broken")
    assert resumed.code == 1 and "pipeline remove broken" in resumed.stderr
    assert avatar("pipeline", "remove", "broken", "broken-0123456789").code == 0
    assert not folder.exists()


def test_traceback_only_with_debug(files):
    line = ["check", str(files / "empty.png")]
    assert "Traceback" not in run_command(*line).stderr
    assert "Traceback" in run_command("--debug", *line).stderr


TMPFS = [*UNSHARE, "sh", "-c"]


@pytest.mark.usefixtures("mounts")
def test_output_on_a_full_disk_keeps_the_video_safe(finished_home, finished_job, home, tmp_path):
    shutil.copytree(finished_home, home, dirs_exist_ok=True)
    script = f"""mount -t tmpfs -o size=16k none '{tmp_path}' && cd '{ROOT}' || exit 99
    '{sys.executable}' -m avatar pipeline resume {finished_job.id} -o '{tmp_path}/v.mp4'; code=$?
    ls -A '{tmp_path}' >&2; exit $code"""
    done = subprocess.run([*TMPFS, script], capture_output=True, text=True,
                          env={**os.environ, "AVATAR_HOME": str(home)})  # fmt: skip
    assert done.returncode == 75, done.stderr
    assert "No space left" in done.stderr and str(home / "jobs" / finished_job.id / "signed.mp4") in done.stderr
    assert "v.mp4.partial" not in done.stderr.splitlines()[-1]


@pytest.mark.usefixtures("mounts")
def test_home_on_a_full_disk_is_refused_before_work(tmp_path):
    script = f"""mount -t tmpfs -o size=8m none '{tmp_path}' && cd '{ROOT}' || exit 99
    exec '{sys.executable}' -m avatar pipeline run --text Hello."""
    done = subprocess.run([*TMPFS, script], capture_output=True, text=True,
                          env={**os.environ, "AVATAR_HOME": str(tmp_path)})  # fmt: skip
    assert done.returncode == 75
    assert "is full" in done.stderr and "AVATAR_HOME" in done.stderr
    assert "[1/4]" not in done.stderr


@pytest.mark.usefixtures("mounts")
def test_disk_that_fills_while_frames_are_encoded(tmp_path):
    script = f"""mount -t tmpfs -o size=64k none '{tmp_path}' && cd '{ROOT}' && '{sys.executable}' - <<'END'
import numpy, pathlib, sys
from fractions import Fraction
from avatar.errors import EnvironmentProblem
from avatar.media.ffmpeg import encode_frames
noise = numpy.random.default_rng(0)
frames = (noise.integers(0, 255, (512, 512, 3), numpy.uint8) for _ in range(50))
folder = pathlib.Path('{tmp_path}')
try:
    encode_frames(frames, 512, 512, Fraction(25), folder / "v.mp4")
except EnvironmentProblem as error:
    sys.exit(0 if "is full" in str(error) and not list(folder.iterdir()) else f"wrong: {{error}} {{list(folder.iterdir())}}")
sys.exit("no error")
END"""
    done = subprocess.run([*TMPFS, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_read_only_home_is_named(tmp_path):
    done = run_command("pipeline", "run", "--text", "Hello.", env={**os.environ, "AVATAR_HOME": "/proc/avatar"})
    assert done.returncode == 1
    assert "/proc/avatar" in done.stderr and "AVATAR_HOME" in done.stderr
