"""Whatever a video is made of, its frames are upright, in square pixels and in the colours that were meant."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.limits import BACKDROP
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.frames import at_rate, video_frames
from avatar.media.streams import probe
from avatar.portrait.bundled import bundled_picture
from avatar.quality.video import measure_frames

SIDE = 360  # pixels of the picture that the videos show
X265 = ["-c:v", "libx265", "-x265-params", "log-level=error:crf=8"]
X264 = ["-c:v", "libx264", "-crf", "8"]
FROM_RGB = "scale=out_color_matrix={}:out_range={}:flags=accurate_rnd+full_chroma_int"
TAGGED = "setparams=colorspace={}:color_primaries={}:color_trc={}:range={}"
BT709 = [FROM_RGB.format("bt709", "tv"), TAGGED.format("bt709", "bt709", "bt709", "tv")]


def bt2020(transfer: str = "2020_10") -> list[str]:
    """White at 100 cd/m2 where the transfer has any."""
    source = "min=gbr:pin=bt709:tin=bt709:rin=pc"
    return [f"format=gbrp16le,zscale={source}:p=bt2020:t={transfer}:m=bt2020nc:r=tv:npl=100"]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return cv2.resize(bundled_picture(), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def ffmpeg(*arguments: object, frames: np.ndarray | None = None) -> None:
    subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-y", *map(str, arguments)],
        check=True, input=None if frames is None else frames.tobytes(),
    )  # fmt: skip


def record(path: Path, frames: np.ndarray, *output: object, rate: int = 25, layout: str = "rgb24") -> Path:
    """Frames (n, height, width, 3 or 4) as a video, by FFmpeg's options."""
    size = f"{frames.shape[2]}x{frames.shape[1]}"
    ffmpeg(
        "-f", "rawvideo", "-pix_fmt", layout, "-s", size, "-r", rate, "-i", "pipe:0", *output, path, frames=frames
    )  # fmt: skip
    return path


def still(picture: np.ndarray, count: int = 3) -> np.ndarray:
    return np.repeat(picture[None], count, axis=0)


def off(frame: np.ndarray, expected: np.ndarray) -> float:
    """Mean difference, of 255."""
    assert frame.shape == expected.shape
    return float(np.abs(frame.astype(int) - expected).mean())


KINDS = {  # name: filters, codec and layout, mean difference allowed
    "8-bit.mp4": (BT709, [*X264, "-pix_fmt", "yuv420p"], 3),
    "8-bit 4:4:4.mp4": (BT709, [*X264, "-pix_fmt", "yuv444p"], 2),
    "10-bit.mov": (BT709, [*X265, "-pix_fmt", "yuv420p10le"], 3),
    "10-bit 4:2:2.mov": (BT709, ["-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le"], 3),
    "10-bit H.264 4:2:2.mp4": (BT709, [*X264, "-pix_fmt", "yuv422p10le"], 3),
    "12-bit 4:4:4.mp4": (BT709, [*X265, "-pix_fmt", "yuv444p12le"], 2),
    "BT.601.mp4": (
        [FROM_RGB.format("bt601", "tv"), TAGGED.format("smpte170m", "smpte170m", "smpte170m", "tv")],
        [*X264, "-pix_fmt", "yuv420p"], 3,
    ),
    "full range.mp4": (
        [FROM_RGB.format("bt709", "pc"), TAGGED.format("bt709", "bt709", "bt709", "pc")],
        [*X264, "-pix_fmt", "yuv420p"], 3,
    ),
    "BT.2020.mov": (bt2020(), [*X265, "-pix_fmt", "yuv420p10le"], 3),
    "HLG.mov": (bt2020("arib-std-b67"), [*X265, "-pix_fmt", "yuv420p10le"], 12),
    "HLG 4:2:2.mov": (bt2020("arib-std-b67"), ["-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"], 12),
    "PQ.mov": (bt2020("smpte2084"), [*X265, "-pix_fmt", "yuv420p10le"], 12),
    "MJPEG.avi": (["format=yuvj420p"], ["-c:v", "mjpeg", "-q:v", "2"], 3),
    "RGB.mkv": (["format=gbrp"], ["-c:v", "ffv1"], 0),
    "palette.mkv": (["format=rgb8"], ["-c:v", "ffv1", "-pix_fmt", "bgr0"], 30),
    "AV1.mkv": (BT709, ["-c:v", "libsvtav1", "-crf", "10", "-pix_fmt", "yuv420p10le"], 3),
}  # fmt: skip
CROP = "crop={0}:{0}:{1}:{2}:exact=1"


@pytest.mark.parametrize("name", KINDS)
def test_colours_are_the_ones_that_were_meant(tmp_path, picture, name):
    """And cropping is the last thing: at odd places too it shows a part of the same picture."""
    before, coded, allowed = KINDS[name]
    path = record(tmp_path / name, still(picture), "-vf", ",".join(before), *coded)
    frame = next(video_frames(path))
    assert frame.dtype == np.uint8 and off(frame, picture) <= allowed
    tint = np.abs((frame.astype(int) - picture).mean(axis=(0, 1)))
    assert tint.max() <= allowed
    for size, left, top in ((201, 101, 33), (200, 100, 32), (99, 7, 150)):
        part = next(video_frames(path, CROP.format(size, left, top)))
        assert (part == frame[top : top + size, left : left + size]).all()


@pytest.mark.parametrize(("transfer", "layout"), [("arib-std-b67", "yuv420p10le"), ("smpte2084", "yuv422p10le")])
def test_light_brighter_than_white_is_compressed_not_cut(tmp_path, transfer, layout):
    """Of a ramp to 800 cd/m2 each step stays darker than the next, and white is nearly white."""
    levels = np.linspace(0, 8, 33)[1:]  # of white, 100 cd/m2
    coded = np.repeat(levels[:, None], 8, axis=1).reshape(1, -1).repeat(32, axis=0).astype("<f4")
    planes = np.stack([coded] * 3)[None]
    path = tmp_path / "ramp.mov"
    ffmpeg(
        "-f", "rawvideo", "-pix_fmt", "gbrpf32le", "-s", f"{coded.shape[1]}x32", "-r", 25, "-i", "pipe:0", "-vf",
        f"zscale=min=gbr:pin=bt709:tin=linear:rin=pc:p=bt2020:t={transfer}:m=bt2020nc:r=tv:npl=100",
        *X265, "-pix_fmt", layout, path, frames=planes,
    )  # fmt: skip
    grey = next(video_frames(path))[16, 4::8].mean(axis=1)
    assert (np.diff(grey) >= 0).all() and (np.diff(grey[::8]) > 0).all()
    assert 175 < grey[3] < 250 and grey[-1] > 235


@pytest.mark.parametrize(("side", "matrix"), [(480, "bt601"), (720, "bt709")])
def test_a_file_that_does_not_name_its_matrix_is_read_as_players_read_it(tmp_path, picture, side, matrix):
    large = cv2.resize(picture, (side, side))
    path = record(
        tmp_path / "untold.mp4", still(large), "-vf", FROM_RGB.format(matrix, "tv") + ",setparams=colorspace=unknown",
        *X264, "-pix_fmt", "yuv420p",
    )  # fmt: skip
    assert probe(path).first_frame.matrix == "unknown"
    assert off(next(video_frames(path)), large) < 2.2  # with the other matrix: 3.5


@pytest.mark.parametrize(
    ("aspect", "size"), [("4/3", (480, 360)), ("3/4", (360, 480)), ("16/15", (384, 360)), ("1000", (360, 4))]
)
def test_pixels_are_square(tmp_path, picture, aspect, size):
    path = record(tmp_path / "sar.mp4", still(picture), "-vf", ",".join([*BT709, f"setsar={aspect}"]), *X264)
    frame = next(video_frames(path))
    assert frame.shape[1::-1] == size
    if min(size) > 4:
        assert off(frame, cv2.resize(picture, size)) < 4


@pytest.mark.parametrize(("degrees", "turned"), [(90, 1), (180, 2), (270, 3)])
def test_frames_are_upright_and_then_square(tmp_path, picture, degrees, turned):
    """Lying in the file, with pixels that are high where they are shown."""
    lying, path = tmp_path / "lying.mp4", tmp_path / "turned.mp4"
    record(lying, still(np.rot90(picture, -turned)), "-vf", ",".join([*BT709, "setsar=4/3"]), *X264)
    ffmpeg("-display_rotation:v", degrees, "-i", lying, "-c", "copy", path)
    size = (SIDE, 480) if degrees % 180 else (480, SIDE)
    assert off(next(video_frames(path)), cv2.resize(picture, size)) < 4


ALPHA = {
    "VP9.webm": ["-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "8", "-pix_fmt", "yuva420p"],
    "VP8.webm": ["-c:v", "libvpx", "-b:v", "5M", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0"],
    "ProRes.mov": ["-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"],
    "animation.mov": ["-c:v", "qtrle", "-pix_fmt", "argb"],
    "PNG.mov": ["-c:v", "png", "-pix_fmt", "rgba"],
}


@pytest.mark.parametrize("name", ALPHA)
def test_what_is_transparent_shows_grey(tmp_path, picture, name):
    """What lies under it does not; half transparent is half of either."""
    rgba = np.dstack([picture, np.full((SIDE, SIDE), 255, np.uint8)])
    rgba[:120] = (0, 255, 0, 0)
    rgba[120:200, :, 3] = 128
    path = record(tmp_path / name, still(rgba), *ALPHA[name], layout="rgba")
    frame = next(video_frames(path)).astype(int)
    assert np.abs(frame[:110] - BACKDROP).max() <= 12 and np.abs(frame[:110] - BACKDROP).mean() < 2
    half = (picture[130:190].astype(int) + BACKDROP) / 2
    assert np.abs(frame[130:190] - half).mean() < 5
    assert np.abs(frame[210:] - picture[210:]).mean() < 5


@pytest.mark.parametrize("first", ["tff", "bff"])
@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_frames_show_no_comb(tmp_path, picture, first, codec):
    """The picture moves by 12 pixels from field to field: woven, every other row would be beside its neighbours."""
    fields = np.stack([np.roll(picture, 12 * number, axis=1) for number in range(16)])
    mode = "interleave_top" if first == "tff" else "interleave_bottom"
    how = ["-vf", f"tinterlace={mode},fieldorder={first}", "-r", 25, "-field_order", first[0] * 2]
    how += ["-flags", "+ilme+ildct", "-c:v", codec, "-pix_fmt", "yuv420p", "-b:v", "20M"]
    path = record(tmp_path / "fields.mkv", fields, *how, rate=50)
    assert probe(path).first_frame.is_interlaced
    frame = list(video_frames(path))[4].astype(int)
    neighbours = np.abs(frame[1:] - frame[:-1]).mean()
    assert neighbours < 1.4 * np.abs(np.diff(picture.astype(int), axis=0)).mean()  # woven: 3 times as much


def uneven(path: Path) -> tuple[Path, np.ndarray]:
    """Each grey says when it is shown: the first second has 5 frames, the second 20, the third none."""
    times = np.array([*np.arange(0, 1, 0.2), *np.arange(1, 2, 0.05), 3.0])
    greys = np.repeat(np.round(20 + 50 * times).astype(np.uint8), 64 * 64 * 3).reshape(-1, 64, 64, 3)
    select = "+".join(f"eq(N\\,{number})*{time:.3f}" for number, time in enumerate(times))
    how = ["-vf", f"settb=1/1000,setpts='({select})/TB'", "-fps_mode", "vfr", "-enc_time_base", "1/1000"]
    return record(path, greys, *how, *X264), times


def test_frames_of_uneven_length_are_shown_at_their_times(tmp_path):
    path, times = uneven(tmp_path / "uneven.mkv")
    shown = [(frame.mean() - 20) / 50 for frame in video_frames(path, pick=at_rate(Fraction(25)))]
    for number, grey in enumerate(shown[:74]):
        latest, soon = (times[times <= max(0, number / 25 + early)].max() for early in (-0.021, 0.021))  # FFmpeg rounds
        assert latest - 0.03 < grey < soon + 0.03, number


def test_the_judge_of_videos_counts_time_and_not_frames(tmp_path):
    path, times = uneven(tmp_path / "uneven.mkv")
    assert abs(len(measure_frames(path, Fraction(25)).opening) - 76) <= 1
    assert len(measure_frames(path).opening) == len(times)


def peak_mib(*arguments: object) -> int:
    """The most memory that FFmpeg had for one look at a video, by a process of its own."""
    script = (
        "import pathlib, resource, sys\n"
        "from avatar.media.frames import video_frames\n"
        "for frame in video_frames(pathlib.Path(sys.argv[1]), 'scale=512:512', pick='fps=25'): pass\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, check=True)
    return int(done.stdout)


def test_a_ten_bit_clip_of_4k_at_60_frames_is_used_within_bounds(tmp_path):
    path = tmp_path / "large.mov"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=3840x2160:rate=60:duration=0.2", "-vf",
        TAGGED.format("bt2020nc", "bt2020", "arib-std-b67", "tv"), "-c:v", "libx265", "-preset", "ultrafast",
        "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le", path,
    )  # fmt: skip
    assert peak_mib(path) < 1500


def test_8k_is_refused_by_its_size(tmp_path):
    path = tmp_path / "it is 8k.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "color=size=7680x4320:rate=25:duration=0.04", "-c:v", "libx264", "-preset", "ultrafast", path
    )  # fmt: skip
    with pytest.raises(InputError, match="it is 8k.*is 7680x4320; 4096 a side is the most"):
        next(video_frames(path))


def test_frames_begin_where_they_are_told_to(tmp_path):
    greys = np.repeat(np.arange(50, dtype=np.uint8) * 4, 64 * 64 * 3).reshape(-1, 64, 64, 3)
    path = record(tmp_path / "greys.mkv", greys, *X264)
    shown = [round(frame.mean() / 4) for frame in video_frames(path, pick="fps=25", start=1.2, seconds=0.4)]
    assert shown == list(range(30, 40))
