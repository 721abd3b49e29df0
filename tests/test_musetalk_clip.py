"""Clips as the source of MuseTalk's pictures: decoding, framing, where they begin, the engine."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.engines import Told
from avatar.errors import InputError
from avatar.lips.musetalk.crop import face_edges
from avatar.lips.musetalk.engine import MuseTalkLips
from avatar.lips.musetalk.frame_file import frame_file
from avatar.lips.musetalk.source import opened
from avatar.media.ffmpeg import encode_frames, ffmpeg_program
from avatar.media.frames import video_frames
from avatar.portrait.clip import Clip, framed_frames, framing, is_clip
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.voice.speech import Speech
from testing.tiny import environment, musetalk
from tests import real_faces
from tests.clip_scenes import HEIGHT, RATE, WIDTH, scene

FACELESS = range(20, 36)  # 0.64 s without a face
FRAMES = 48


reader = real_faces.reader


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


def sway(frame: int) -> tuple[float, float]:
    return 100 + 30 * np.sin(frame / 6), 30 + 8 * np.cos(frame / 5)


@pytest.fixture(scope="module")
def clip(portrait, tmp_path_factory) -> Path:
    """FRAMES frames of a swaying head that is not there during FACELESS."""
    path = tmp_path_factory.mktemp("clip") / "-it's a clip.mp4"
    frames = (
        np.full((HEIGHT, WIDTH, 3), 90, np.uint8) if frame in FACELESS else scene(portrait, *sway(frame))
        for frame in range(FRAMES)
    )
    encode_frames(frames, WIDTH, HEIGHT, RATE, path)
    return path


@pytest.fixture
def tiny(full_environment, tmp_path, monkeypatch) -> None:
    for name, value in environment(musetalk.write_with_lock(tmp_path / "models")).items():
        monkeypatch.setenv(name, value)


def ffmpeg(*arguments: object) -> None:
    subprocess.run([ffmpeg_program(), "-loglevel", "error", "-y", *map(str, arguments)], check=True)


# ---------------------------------------------------------------- decoding


def test_videos_are_told_by_their_names():
    assert is_clip(Path("A.MP4")) and is_clip(Path("b.webm")) and not is_clip(Path("c.png")) and not is_clip(Path("d"))


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60)], ids=str)
def test_any_rate_becomes_the_asked_one_at_the_right_times(tmp_path, rate):
    """Each frame's grey says when it was shown; at 25 frames/s every frame must be the one of its time."""
    path, seconds = tmp_path / "grey.mkv", 4
    count = int(seconds * rate)
    greys = (np.full((64, 64, 3), round(20 + 50 * frame / float(rate)), np.uint8) for frame in range(count))
    encode_frames(greys, 64, 64, rate, path)
    shown = [(frame.mean() - 20) / 50 for frame in video_frames(path, pick="fps=25")]
    assert abs(len(shown) - 25 * seconds) <= 1
    for frame, time_s in enumerate(shown):
        assert abs(time_s - frame / 25) <= 1 / float(rate) + 0.03  # a source frame, and the grey's own rounding


def test_a_clip_is_shown_upright(tmp_path, clip, reader):
    lying, turned = tmp_path / "lying.mp4", tmp_path / "turned.mp4"
    ffmpeg("-i", f"file:{clip}", "-vf", "transpose=cclock", "-crf", "10", lying)
    ffmpeg("-display_rotation:v", "-90", "-i", lying, "-c", "copy", turned)
    first = next(video_frames(turned))
    assert first.shape == (HEIGHT, WIDTH, 3) and len(reader.read(first)) == 1
    assert next(video_frames(lying)).shape == (WIDTH, HEIGHT, 3)


def test_odd_sizes_and_no_more_than_asked(tmp_path):
    path = tmp_path / "odd.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=301x203:rate=25:duration=2", "-pix_fmt", "yuv444p", path)
    frames = list(video_frames(path, seconds=0.4))
    assert len(frames) == 10 and frames[0].shape == (203, 301, 3)


def test_what_is_no_video_is_refused(tmp_path, clip, reader):
    text, cut = tmp_path / "text.mp4", tmp_path / "cut.mp4"
    text.write_text("no video")
    cut.write_bytes(clip.read_bytes()[:2000])
    for path in (text, cut, tmp_path / "absent.mp4"):
        with pytest.raises(InputError, match="cannot read the video"):
            list(video_frames(path))


def test_a_list_of_files_that_is_called_a_video_opens_nothing(tmp_path, clip):
    (tmp_path / "other.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    with pytest.raises(InputError, match="is a list of other files"):
        list(video_frames(tmp_path / "list.mp4"))


@pytest.mark.parametrize("suffix", [".mov", ".mkv", ".avi", ".webm"])
def test_other_containers_are_read(tmp_path, clip, suffix):
    path = tmp_path / f"clip{suffix}"
    codec = ["-c:v", "libvpx", "-t", "0.4"] if suffix == ".webm" else ["-c", "copy"]
    ffmpeg("-i", f"file:{clip}", *codec, path)
    assert next(video_frames(path)).shape == (HEIGHT, WIDTH, 3)


def test_sound_without_pictures_is_refused(tmp_path):
    path = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", path)
    with pytest.raises(InputError, match="shows no picture, only sound"):
        list(video_frames(path))


def test_no_decoder_is_left_running(clip):
    frames = video_frames(clip)
    next(frames)
    process = frames.gi_frame.f_locals["ffmpeg"].process
    frames.close()
    assert process.poll() is not None


def test_frames_are_kept_in_any_order():
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (3, 1, 2)]
    with frame_file() as kept:
        assert [frame[0, 0, 0] for frame in kept.keep(iter(frames))] == [3, 1, 2]
        assert len(kept) == 3 and [kept[i][0, 0, 0] for i in (2, 0, 1, 1)] == [2, 3, 1, 1]


# ---------------------------------------------------------------- the source and the engine


def test_framing_holds_the_head_where_a_portrait_has_it(clip, reader):
    how = framing(Clip(clip), reader, 512, seconds=2)
    frames = list(framed_frames(Clip(clip), how, RATE, 2))
    assert frames[0].shape == (512, 512, 3) and abs(len(frames) - FRAMES) <= 1
    landmarks = reader.read(frames[5])[0].landmarks
    width = np.linalg.norm(landmarks[454] - landmarks[234])
    assert 0.38 * 512 < width < 0.54 * 512
    assert np.linalg.norm(landmarks[:, :2].mean(axis=0) - how.middle) < 60


def test_several_faces_must_be_chosen_from(portrait, tmp_path, reader):
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for left in (0, 320):
        picture[80:400, left : left + 320] = cv2.resize(portrait.picture, (320, 320))
    path = tmp_path / "two.mp4"
    encode_frames([picture] * 30, WIDTH, HEIGHT, RATE, path)
    with pytest.raises(InputError, match="shows 2 faces"):
        framing(Clip(path), reader, 512, 1)
    x = [int(framing(Clip(path, face), reader, 512, 1).crop.split(":")[2]) for face in (1, 2)]
    assert x[0] < 100 < 250 < x[1]


def test_a_clip_without_a_face_is_refused(tmp_path):
    path = tmp_path / "grey.mp4"
    encode_frames([np.full((HEIGHT, WIDTH, 3), 90, np.uint8)] * 10, WIDTH, HEIGHT, RATE, path)
    with pytest.raises(InputError, match="grey.mp4.*no face was found"), opened(Clip(path), RATE, 10):
        pass


def black_first(path: Path, portrait: Portrait, frames: int) -> Path:
    """Two seconds of a head, after so many black frames."""
    head = scene(portrait, 100, 30)
    encode_frames([np.zeros_like(head)] * frames + [head] * 50, WIDTH, HEIGHT, RATE, path)
    return path


@pytest.mark.parametrize("black", [1, 38, 100])
def test_a_clip_begins_where_its_face_is_first_seen(tmp_path, portrait, reader, black):
    """Speech of 1.2 s would be over before that."""
    clip = Clip(black_first(tmp_path / "late.mp4", portrait, black))
    how = framing(clip, reader, 512, 1.2)
    assert black <= how.start_s * 25 < black + 13
    frames = list(framed_frames(clip, how, RATE, 1.2))
    assert len(frames) == 30 and all(len(reader.read(frame)) == 1 for frame in frames[::10])
    with opened(clip, RATE, 30) as source:
        assert source.start_s == how.start_s and (source.opacity == 1).all()


def test_where_a_clip_begins_is_told(tmp_path, portrait, tiny):
    clip = Clip(black_first(tmp_path / "late.mp4", portrait, 38))
    speech, told = Speech(np.zeros(24_000, np.float32), 24_000), Told()
    with MuseTalkLips.load(threads=1) as engine:
        assert len(list(engine.frames(clip, speech, 25, 7, None, told))) == 25
    assert "the clip shows no usable face in its first 2 s and is used from there on." in told.notes


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_a_clip_of_a_few_frames_is_used(tmp_path, portrait, count):
    path = tmp_path / "short.mp4"
    encode_frames([scene(portrait, 100, 30)] * count, WIDTH, HEIGHT, RATE, path)
    with opened(Clip(path), RATE, 50) as source:
        assert len(source) == count and (source.opacity == 1).all()


def test_a_clip_without_a_face_is_refused_by_its_own_name_before_speech_is_made(tmp_path, monkeypatch):
    from avatar import preflight
    from avatar.request import make_request

    monkeypatch.setattr("avatar.portrait.clip.LOOKED_S", 1.0)
    path = tmp_path / "my holiday.mp4"
    encode_frames([np.full((HEIGHT, WIDTH, 3), 90, np.uint8)] * 60, WIDTH, HEIGHT, RATE, path)
    with pytest.raises(InputError, match="my holiday.mp4.*no face was found"):
        preflight.check(make_request(text="Hello.", stack="full", portrait=path))


def test_a_copy_of_a_clip_is_not_named_by_its_place(tmp_path, reader):
    path = tmp_path / "portrait.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(InputError) as raised:
        framing(Clip(path, called="the clip that was given"), reader, 512, 1)
    assert str(raised.value).startswith("cannot read the clip that was given: ") and "portrait" not in str(raised.value)


def test_frames_without_a_face_fade_and_pass(clip):
    with opened(Clip(clip), RATE, FRAMES) as source:
        assert len(source) == FRAMES
        assert (source.opacity[list(FACELESS)] == 0).all()
        assert source.opacity[0] == source.opacity[10] == source.opacity[45] == 1
        assert 0 < source.opacity[FACELESS.start - 1] < source.opacity[FACELESS.start - 3] < 1
        assert not source.closed.any()  # the portrait smiles
        edges = np.array([face_edges(landmarks) for landmarks in source.landmarks[:18]])
        assert np.abs(np.diff(edges, n=2, axis=0)).max() < 1.7  # steady boxes, in pixels; the sway's own is 1.0


def test_a_clip_shorter_than_the_speech_goes_back_and_forth(clip, tiny):
    """Every frame is the source's own but for the drawn face, at its own place; faceless ones are the source's own."""
    t = np.arange(int(24_000 * 58 / 25)) / 24_000
    speech = Speech((0.1 * np.sin(2 * np.pi * 180 * t)).astype(np.float32), 24_000)
    with opened(Clip(clip), RATE, FRAMES) as source:
        pictures = [np.array(source.pictures[i]) for i in range(FRAMES)]
        edges = [face_edges(landmarks) for landmarks in source.landmarks]
    told = Told()
    with MuseTalkLips.load(threads=1) as engine:
        frames = list(engine.frames(Clip(clip), speech, 25, 7, None, told))
    assert len(frames) == 58
    assert told.facts["source_frames"] == FRAMES
    assert told.notes == [f"{len(FACELESS)} frames show no face that lips can be drawn on and stay as they were."]
    for frame, shown in enumerate(frames):
        shows = frame if frame < FRAMES else 2 * (FRAMES - 1) - frame
        changed = (shown != pictures[shows]).any(axis=2)
        if shows in FACELESS:
            assert not changed.any()
        else:
            left, top, right, bottom = edges[shows]
            rows, columns = np.nonzero(changed)
            assert changed.sum() > 5000
            assert left - 1 <= columns.min() and columns.max() <= right + 1
            assert (top + bottom) / 2 - 30 <= rows.min() and rows.max() <= bottom + 0.05 * (bottom - top) + 1


def test_frames_do_not_depend_on_how_many_latents_are_kept(clip, tiny, monkeypatch):
    """Fewer than the clip has frames: those that were overwritten are made again."""
    t = np.arange(9_600) / 24_000
    speech = Speech((0.1 * np.sin(2 * np.pi * 180 * t)).astype(np.float32), 24_000)
    rendered = []
    for most in (750, 3):
        monkeypatch.setattr("avatar.lips.musetalk.drawing.KEPT_LATENTS", most)
        with MuseTalkLips.load(threads=1) as engine:
            rendered.append(list(engine.frames(Clip(clip), speech, 25, 7, None, Told())))
    assert len(rendered[0]) == 10
    assert all(np.array_equal(many, few) for many, few in zip(*rendered, strict=True))


def test_picture_and_sound_are_equally_long(clip, tiny, tmp_path):
    """At a rate other than 25, through the encoder and the muxer: exactly as many frames as the speech fills."""
    from avatar.media.ffmpeg import mux

    rate = Fraction(30000, 1001)
    t = np.arange(int(24_000 * 0.7)) / 24_000
    speech = Speech((0.1 * np.sin(2 * np.pi * 180 * t)).astype(np.float32), 24_000)
    with MuseTalkLips.load(threads=1) as engine:
        frames = engine.frames(Clip(clip), speech, rate, 7, None, Told())
        count = encode_frames(frames, 512, 512, rate, tmp_path / "picture.mp4")
    assert count == 21  # 20.98
    speech.write_wav(tmp_path / "speech.wav")
    mux(tmp_path / "picture.mp4", tmp_path / "speech.wav", count / rate, tmp_path / "video.mp4", {})
    video = cv2.VideoCapture(str(tmp_path / "video.mp4"))
    shown = sum(1 for _ in iter(lambda: video.read()[0], False))
    assert shown == count and video.get(cv2.CAP_PROP_FPS) == pytest.approx(float(rate))
    sound = subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-i", tmp_path / "video.mp4", "-map", "0:a", "-f", "f32le", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert abs(len(sound.stdout) / 4 / 48_000 - count / float(rate)) <= 1 / float(rate)
