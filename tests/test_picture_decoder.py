"""The program that decodes strangers' pictures: what it may do, what its end means, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from avatar.errors import EnvironmentProblem, InputError, RequestError, TemporaryProblem
from avatar.host import closed
from avatar.portrait import picture as picture_module
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.picture import is_picture, read_picture
from tests.heic import heic
from tests.test_picture import png_header


@pytest.fixture
def path(tmp_path) -> Path:
    """A picture that was not decoded before."""
    picture_module._decoded.cache_clear()
    path = tmp_path / "my face.png"
    Image.fromarray(bundled_picture()).save(path)
    return path


@pytest.fixture
def decoder_is(tmp_path, monkeypatch):
    """Put a program of a test's own in the decoder's place."""

    def put(program: str) -> None:
        script = tmp_path / "decoder.py"
        script.write_text(program)
        monkeypatch.setattr(picture_module, "DECODER", script)

    return put


# ---------------------------------------------------------------- what its end means


ENDED_BY_HOST = {
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
    "terminated": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "was ended by signal 15"),
    "starved": ("block = bytearray(2 << 30)", "ran into its limit of memory"),
    "hung": ("import time; time.sleep(60)", "ran into its limit of time"),
    "stopped": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "ran into its limit of time"),
    "busy": ("while True: pass", "ran into its limit of CPU time|of time"),
    "cut off": ("""print('{"size": [512, 512]}')""", "not decoded to its end"),
}


@pytest.mark.parametrize("how", ENDED_BY_HOST)
def test_a_decoder_that_the_host_ended_says_nothing_of_the_picture(path, decoder_is, monkeypatch, how):
    program, said = ENDED_BY_HOST[how]
    decoder_is(program)
    monkeypatch.setattr(picture_module, "WITHIN", replace(picture_module.WITHIN, wall_s=3, cpu_s=1))
    with pytest.raises(TemporaryProblem, match=f"my face.png.*{said}"):
        read_picture(path)


def test_a_decoder_that_crashes_is_the_pictures_fault(path, decoder_is):
    decoder_is("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(InputError, match="my face.png.*is damaged"):
        read_picture(path)


def test_a_decoder_without_its_library_is_the_environments_fault(path, decoder_is):
    decoder_is("import nothing_of_this_name")
    with pytest.raises(EnvironmentProblem, match="No module named 'nothing_of_this_name'.*status --strict") as raised:
        read_picture(path)
    assert not isinstance(raised.value, TemporaryProblem)


# ---------------------------------------------------------------- beside other work


def test_a_decoder_may_run_beside_other_work(path, decoder_is, monkeypatch):
    decoder_is("""print('{"size": [1, 1]}'); print("abc", end="")""")
    with picture_module.decoding(path):
        monkeypatch.setattr(picture_module, "DECODER", "/no second one is started")
        assert read_picture(path).tobytes() == b"abc"


def test_another_picture_is_not_taken_for_the_one_that_is_decoded(path, tmp_path):
    Image.new("RGB", (80, 70), (1, 2, 3)).save(tmp_path / "other.png")
    with picture_module.decoding(path):
        assert read_picture(tmp_path / "other.png").shape == (70, 80, 3)
    assert np.array_equal(read_picture(path), bundled_picture())


def test_a_decoder_that_nobody_waits_for_ends_with_the_block(path, decoder_is, tmp_path):
    decoder_is("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    with pytest.raises(KeyboardInterrupt), picture_module.decoding(path):
        (program,) = picture_module._begun.values()
        raise KeyboardInterrupt
    assert program._process.returncode == -9
    assert not picture_module._begun


@pytest.mark.parametrize("name", ["none.png", "a text.png", "empty.png", "folder.png"])
def test_what_cannot_be_decoded_is_told_by_who_reads_it(tmp_path, name):
    (tmp_path / "a text.png").write_text("Hello.")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    with picture_module.decoding(tmp_path / name):
        assert not picture_module._begun
        with pytest.raises((InputError, RequestError)):
            read_picture(tmp_path / name)


# ---------------------------------------------------------------- what it may do


@pytest.mark.parametrize("place", ["other.png", "/etc/passwd", "/proc/self/environ"])
def test_it_opens_no_other_file(path, decoder_is, place):
    if why := landlock_is_missing():
        pytest.skip(why)
    other = path.parent / place
    if not other.is_absolute() or not other.exists():
        other.write_bytes(b"secret")
    decoder_is(f"open({str(other)!r})")
    with pytest.raises(TemporaryProblem, match="Permission denied"):
        read_picture(path)


def test_it_has_no_network(path, decoder_is):
    decoder_is("import socket; socket.socket(socket.AF_INET)")
    with pytest.raises(TemporaryProblem, match="Permission denied"):
        read_picture(path)


def landlock_is_missing() -> str:
    child = f"import sys; sys.path.insert(0, {str(Path(closed.__file__).parent)!r}); import closed; print(closed.close_files([], []))"
    return subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout.strip()


# ---------------------------------------------------------------- once, and within limits


def test_a_picture_is_decoded_once_wherever_its_copies_are(path, decoder_is):
    first = read_picture(path)
    decoder_is("raise SystemExit(1)")
    copy = path.with_name("copy.png")
    copy.write_bytes(path.read_bytes())
    assert read_picture(copy) is first and not first.flags.writeable
    copy.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(EnvironmentProblem):
        read_picture(copy)


@pytest.mark.parametrize(
    "beginning", [b"RIFF\xf8\xff\xff\x7fWEBPVP8 ", b"\xff\xd8\xff\xe0", b"II*\0", b"\0\0\0\x1cftypavif", b"GIF89a"]
)
def test_a_file_that_is_too_long_is_not_read(tmp_path, decoder_is, beginning):
    """2 GB with nothing in most of it: hashing it alone would take seconds."""
    decoder_is("raise SystemExit(1)")
    path = tmp_path / "padded.webp"
    with open(path, "wb") as file:
        file.write(beginning)
        file.truncate(2 << 30)
    with pytest.raises(InputError, match=r"padded.webp.*2,147 MB; 105 MB is the most"):
        read_picture(path)


LARGE = {  # mode of 100 million pixels, what it is saved as
    "rgba.png": ("RGBA", {"compress_level": 1}),
    "grey and alpha.png": ("LA", {"compress_level": 1}),
    "cmyk.tif": ("CMYK", {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_hundred_million_pixels_are_decoded_within_limits(tmp_path, name):
    mode, how = LARGE[name]
    Image.new(mode, (10_000, 10_000), (99,) * len(mode)).save(tmp_path / name, **how)
    script = (
        "import pathlib, resource, sys\n"
        "from avatar.portrait.picture import read_picture\n"
        "print(read_picture(pathlib.Path(sys.argv[1])).shape)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / name], capture_output=True, text=True, check=True)
    shape, peak_mib = done.stdout.splitlines()
    assert shape == "(4096, 4096, 3)" and int(peak_mib) < 1500


def test_a_picture_that_claims_too_much_is_refused_by_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(12_000, 12_000))
    with pytest.raises(InputError, match="bomb.png.*12000x12000 pixels; 16384 a side and 100 million"):
        read_picture(path)


# ---------------------------------------------------------------- HEIC, which Pillow does not know


def off(rgb: np.ndarray, expected: np.ndarray) -> float:
    assert rgb.shape == expected.shape
    return float(np.abs(rgb.astype(int) - expected).mean())


@pytest.mark.parametrize("side", [None, 256, 192])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_heic_is_read_upright_in_one_piece(tmp_path, side, turns):
    """Its own boxes say how it is turned; what EXIF says of that is for readers that do not know them."""
    upright = bundled_picture()[:500, :400]
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.ascontiguousarray(np.rot90(upright, -turns))
    path = tmp_path / "phone.heic"
    path.write_bytes(heic(lying, side, turns, exif=exif.tobytes().removeprefix(b"Exif\0\0")))
    assert is_picture(path)
    assert off(read_picture(path), upright) < 3


@pytest.mark.parametrize("side", [None, 256])
def test_heic_has_the_colours_of_its_profile(tmp_path, side):
    """Of one that swaps red and blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"?XYZ", b"bXYZ", 1)
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "sBGR".encode("utf-16-be")).replace(b"sRGB", b"sBGR")
    path = tmp_path / "profile.heic"
    path.write_bytes(heic(bundled_picture(), side, profile=swapped))
    assert off(read_picture(path), bundled_picture()[..., ::-1]) < 4


@pytest.mark.parametrize(("keep", "side"), [(0.3, None), (0.6, 256), (200, None), (0.97, 192)])
def test_heic_that_is_cut_short_is_refused(tmp_path, keep, side):
    content = heic(bundled_picture(), side)
    path = tmp_path / "cut.heic"
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    with pytest.raises(InputError, match="cut.heic.*(save it as JPEG or PNG|save or convert it again)"):
        read_picture(path)


def test_heic_of_too_many_tiles_is_refused(tmp_path):
    path = tmp_path / "tiles.heic"
    path.write_bytes(heic(bundled_picture(), 256) + b"hvc1" * 200)
    with pytest.raises(InputError, match="tiles.heic.*made of .* tiles; 128 is the most, save it as JPEG or PNG"):
        read_picture(path)


def test_what_begins_like_a_picture_is_told_from_sound_and_video(tmp_path):
    beginnings = {
        b"RIFF\0\0\0\0WAVEfmt ": False, b"RIFF\0\0\0\0WEBPVP8 ": True, b"RIFF\0\0\0\0AVI LIST": False,
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42": False, b"\0\0\0\x18ftypavif\0\0\0\0avifmif1": True,
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic": True, b"\0\0\0\x14ftypqt  \0\0\0\0qt  ": False,
        b"GIF89a": True, b"MM\0*": True, b"fLaC": False, b"": False,
    }  # fmt: skip
    for beginning, expected in beginnings.items():
        (tmp_path / "file").write_bytes(beginning)
        assert is_picture(tmp_path / "file") == expected, beginning
