"""What `avatar check` measures, on videos whose figures are known because they were made here."""

from __future__ import annotations

import json
import subprocess
import wave
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.errors import InputError, RequestError
from avatar.media.ffmpeg import encode_frames, ffmpeg_program, mux
from avatar.media.streams import probe
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.quality import check_file, closures, intended, lines
from avatar.quality.intended import Asked
from avatar.quality.sync import match
from avatar.quality.video import check_video

FRAMES, RATE = 75, 25
SAMPLE_RATE = 16_000


def syllables(times: np.ndarray) -> np.ndarray:
    """A mouth opening 0..1 at times in frames: bumps of uneven height, four to nine frames apart."""
    random = np.random.default_rng(3)
    opening, centre = np.zeros(len(times)), 3.0
    while centre < FRAMES - 3:
        opening = np.maximum(opening, random.uniform(0.4, 1) * np.exp(-(((times - centre) / 1.8) ** 2)))
        centre += random.uniform(4, 9)
    return opening


OPENING = syllables(np.arange(FRAMES) + 0.5)  # in the middle of each frame


def with_open_mouth(portrait: Portrait, pixels: float) -> np.ndarray:
    """The portrait with its lower lip and jaw moved down by `pixels`, and dark between the lips."""
    points = portrait.landmarks[:, :2]
    middle = (points[13] + points[14]) / 2
    y, x = np.mgrid[0:512, 0:512].astype(np.float32)
    below = (y - middle[1]) / (points[152, 1] - middle[1])  # 0 at the lips, 1 at the chin
    across = np.clip(1 - ((x - middle[0]) / (points[291, 0] - points[61, 0]) * 2) ** 2, 0, 1)
    source = y - np.where(below > 0, pixels * across * np.clip(1.25 - below / 1.2, 0, 1), 0).astype(np.float32)
    inside = (below > 0) & (source < middle[1])
    frame = cv2.remap(portrait.picture, x, np.where(inside, middle[1], source).astype(np.float32), cv2.INTER_LINEAR)
    frame[inside] = (45, 15, 15)
    return frame


def sound_of(path: Path, seconds: float, late_s: float = 0.0, level: float = 0.5) -> Path:
    """A WAV of noise as loud as the mouth is open `late_s` seconds earlier."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).uniform(-1, 1, len(times))
    samples = level * noise * syllables((times - late_s) * RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def video_of(frames: list[np.ndarray], folder: Path, sound: Path | None, name: str = "video.mp4") -> Path:
    height, width = frames[0].shape[:2]
    silent = folder / f"silent-{name}"
    encode_frames(frames, width, height, Fraction(RATE), silent)
    if sound is None:
        return silent
    mux(silent, sound, Fraction(len(frames), RATE), folder / name, {})
    return folder / name


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


@pytest.fixture(scope="module")
def talking(portrait) -> list[np.ndarray]:
    return [with_open_mouth(portrait, 30 * opening) for opening in OPENING]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="module")
def silent_video(talking, folder) -> Path:
    return video_of(talking, folder, None)


@pytest.fixture(scope="module")
def good_video(silent_video, folder) -> Path:
    path = folder / "good.mp4"
    mux(silent_video, sound_of(folder / "good.wav", 3), Fraction(3), path, {"comment": "Stream #0:9: Audio: fake"})
    return path


def test_a_good_video_meets_every_limit(good_video):
    report = check_file(good_video, Asked(OPENING))
    assert report["passed"] and report["failed"] == []
    assert (report["kind"], report["width"], report["height"], report["frame_rate"]) == ("video", 512, 512, 25)
    assert (report["frames"], report["frames_with_face"]) == (FRAMES, FRAMES)
    assert (report["video_codec"], report["audio_codec"]) == ("h264", "aac")
    assert report["video_seconds"] == 3 and report["audio_seconds"] == pytest.approx(3, abs=0.03)
    assert report["opening_to_intended"]["r"] > 0.97 and abs(report["opening_to_intended"]["lag_ms"]) <= 5
    assert report["opening_to_sound"]["r"] > 0.95 and abs(report["opening_to_sound"]["lag_ms"]) <= 10
    assert report["opening"]["max"] > report["opening"]["median"] + 0.05
    assert report["audio_rms_dbfs"] == pytest.approx(-19, abs=2)
    assert report["black_share"] == 0 and report["frozen_share"] < 0.3
    json.dumps(report, allow_nan=False)
    said = "\n".join(lines(report))
    assert "75 of 75" in said and "h264" in said and said.endswith("good: every limit is met")


@pytest.mark.parametrize("late_ms", [120, -80])
def test_sound_that_comes_late_or_early_shows_as_lag(silent_video, tmp_path, late_ms):
    path = tmp_path / "late.mp4"
    mux(silent_video, sound_of(tmp_path / "s.wav", 3, late_ms / 1000), Fraction(3), path, {})
    report = check_file(path, Asked(OPENING))
    assert report["opening_to_sound"]["lag_ms"] == pytest.approx(-late_ms, abs=10)
    assert abs(report["opening_to_intended"]["lag_ms"]) <= 5
    (failed,) = report["failed"]
    assert f"ms {'before' if late_ms > 0 else 'after'} the sound, 40 ms is the most" in failed
    assert lines(report)[-1] == "falls short: " + failed


@pytest.mark.parametrize(("delayed", "lag_ms"), [("a", -200), ("v", 200)])
def test_a_stream_that_starts_late_in_the_file_shows_as_lag(good_video, tmp_path, delayed, lag_ms):
    other = "v" if delayed == "a" else "a"
    subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-itsoffset", "0.2", "-i", good_video, "-i", good_video,
         "-map", f"0:{delayed}", "-map", f"1:{other}", "-c", "copy", tmp_path / "late.mp4"], check=True,
    )  # fmt: skip
    report = check_file(tmp_path / "late.mp4")
    assert report["opening_to_sound"]["lag_ms"] == pytest.approx(lag_ms, abs=10)
    assert any("differ by 0.2" in failed for failed in report["failed"])


def test_a_mouth_that_does_not_follow_is_told(good_video):
    other = OPENING[::-1]
    failed = check_file(good_video, Asked(other))["failed"]
    assert any("what it was asked to do with a correlation of" in reason for reason in failed)
    failed = check_file(good_video, Asked(np.zeros(FRAMES)))["failed"]
    assert failed == ["the mouth cannot be compared with what it was asked to do: one of the two never changes"]


def test_a_video_without_sound(silent_video):
    report = check_file(silent_video, Asked(OPENING))
    assert report["failed"] == ["there is no sound"]
    assert report["audio_codec"] is report["audio_seconds"] is report["opening_to_sound"] is None
    assert "none" in "\n".join(lines(report))


def test_silence_is_told(silent_video, tmp_path):
    path = tmp_path / "silence.mp4"
    mux(silent_video, sound_of(tmp_path / "s.wav", 3, level=0), Fraction(3), path, {})
    report = check_file(path)
    assert "the sound is silent (below -60 dBFS)" in report["failed"]
    json.dumps(report, allow_nan=False)
    assert lines(report)


def test_sound_longer_than_the_picture(talking, tmp_path):
    silent = video_of(talking[:60], tmp_path, None)
    path = tmp_path / "long.mkv"
    subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-i", silent, "-i", sound_of(tmp_path / "s.wav", 3), "-c:v", "copy",
         path], check=True,
    )  # fmt: skip
    (failed,) = check_file(path)["failed"]
    assert failed.startswith("picture and sound differ by 0.6") and failed.endswith("more than one frame")


def test_frames_without_a_face_black_and_frozen_ones_are_counted(talking, tmp_path):
    black = np.zeros_like(talking[0])
    frames = talking[:30] + [black] * 5 + [talking[30]] * 10 + talking[30:40]
    report = check_file(video_of(frames, tmp_path, sound_of(tmp_path / "s.wav", len(frames) / RATE)))
    assert report["frames_with_face"] == len(frames) - 5
    assert "no face was found in 5 of 55 frames" in report["failed"]
    assert report["black_share"] == pytest.approx(5 / 55, abs=0.001)
    assert 13 / 55 <= report["frozen_share"] <= 25 / 55  # 4 of the black ones, 9 or 10 of the others, and pauses
    assert not any("black" in reason for reason in report["failed"])  # a fade


def test_a_nearly_black_video_falls_short(talking, tmp_path):
    frames = talking[:2] + [np.zeros_like(talking[0])] * 18
    report = check_file(video_of(frames, tmp_path, sound_of(tmp_path / "s.wav", len(frames) / RATE)))
    assert "90% of the frames are black, 10% is the most" in report["failed"]


def test_a_video_without_a_face(tmp_path):
    cat = cv2.resize(cv2.imread(str(skimage_data() / "chelsea.png")), (256, 256))[..., ::-1].copy()
    frames = [np.roll(cat, shift, axis=1) for shift in range(20)]
    report = check_file(video_of(frames, tmp_path, sound_of(tmp_path / "s.wav", 0.8)), Asked(np.arange(20)))
    assert report["frames_with_face"] == 0 and report["opening"] is None
    assert "no face was found in 20 of 20 frames" in report["failed"]
    json.dumps(report, allow_nan=False)
    assert lines(report)


def test_other_containers_codecs_and_names(good_video, tmp_path):
    for name in ("-dash %03d.webm", "new\nline: 'quoted'.mov"):
        path = tmp_path / name
        encoded = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"]
        codecs = encoded if path.suffix == ".webm" else ["-c", "copy"]
        command = [ffmpeg_program(), "-loglevel", "error", "-i", good_video, *codecs, f"file:{path}"]
        subprocess.run(command, check=True)
        report = check_file(path, Asked(OPENING))
        assert report["passed"], report["failed"]
        assert report["video_codec"] == ("vp8" if path.suffix == ".webm" else "h264")


def test_a_rendered_video_is_compared_with_what_its_job_planned(finished_home, finished_job):
    asked = intended.asked_of(finished_home, finished_job.video)
    report = check_video(finished_job.video, probe(finished_job.video), asked)
    assert len(asked.opening) == len(asked.blink) == len(asked.sway) == report["frames"]
    assert report["seen"]["bilabials"]["share"] == 1 and not report["seen"]["bilabials"]["heard"]
    assert report["failed"] == []


def test_a_video_of_no_job_is_judged_by_the_phones_that_are_heard(finished_job):
    phones = closures.heard_phones(finished_job.video)
    assert {"p", "b"} & {phone.symbol for phone in phones} and phones[-1].end_s > 1
    found = check_video(finished_job.video, probe(finished_job.video), None)["seen"]["bilabials"]
    assert found is None or (found["heard"] and found["share"] > 0.4)


def test_a_video_of_no_job_has_no_plan(good_video, home, tmp_path):
    assert intended.asked_of(home, good_video) is None
    assert intended.asked_of(home, tmp_path / "none.mp4") is None


# ---------------------------------------------------------------- correlation


@pytest.mark.parametrize("lag", [-4.5, -1.25, 0, 0.5, 3])
def test_a_known_lag_is_found_finer_than_a_frame(lag):
    times = np.arange(FRAMES) + 0.5
    found = match(0.3 + 2 * syllables(times - lag), syllables(times), 25)
    assert found.lag_ms == pytest.approx(lag * 40, abs=5)
    assert found.r > 0.97


def test_curves_that_cannot_be_compared():
    curve = OPENING
    for other in (np.zeros(FRAMES), np.full(FRAMES, np.nan), curve[:5], curve[:0]):
        assert match(curve, other, 25) == (None, None) == match(other, curve, 25)
    step = np.zeros(FRAMES)
    step[-1] = 1  # constant wherever its last value is shifted out
    assert match(step, curve, 25).r is not None


def test_missing_values_are_bridged():
    holes = OPENING.copy()
    holes[::5] = np.nan
    found = match(holes, OPENING, 25)
    assert found.r > 0.9 and found.lag_ms == 0
    holes[: FRAMES // 2] = np.nan
    assert match(holes, OPENING, 25) == (None, None)


# ---------------------------------------------------------------- pictures, recordings, and what is neither


def skimage_data() -> Path:
    from importlib.util import find_spec

    return Path(find_spec("skimage").submodule_search_locations[0]) / "data"


def test_a_picture_with_one_face():
    report = check_file(skimage_data() / "astronaut.png")
    assert report["passed"] and report["kind"] == "picture"
    (face,) = report["faces"]
    assert face["usable"] and face["box"] == pytest.approx([181, 72, 270, 177], abs=3)
    assert any("face 1" in line and "89 pixels wide" in line for line in lines(report))
    json.dumps(report, allow_nan=False)


def test_pictures_that_fall_short(tmp_path):
    astronaut = bundled_picture()
    Image.fromarray(np.hstack([astronaut, astronaut])).save(tmp_path / "two.jpg")
    report = check_file(tmp_path / "two.jpg")
    assert len(report["faces"]) == 2 and all(face["usable"] for face in report["faces"])
    assert "choose one by its number" in report["failed"][0] and not report["passed"]
    report = check_file(skimage_data() / "chelsea.png")
    assert report["faces"] == [] and "no face" in lines(report)[-1]
    report = check_file(skimage_data() / "camera.png")  # a man in profile, 62 pixels wide
    assert not report["faces"][0]["usable"] and report["faces"][0]["turn_degrees"] > 40


def test_a_face_partly_outside_is_told_with_its_share(tmp_path):
    Image.fromarray(bundled_picture()[:, 193:]).save(tmp_path / "half.png")
    report = check_file(tmp_path / "half.png")
    assert report["failed"] == [] and len(report["warnings"]) == 1
    assert "% of the face lies outside the picture" in report["warnings"][0]
    assert lines(report)[-1] == "can be used: no limit is missed, but see the notes"


def test_a_recording_is_measured_and_a_cover_picture_makes_no_video_of_it(tmp_path, good_video):
    recording = sound_of(tmp_path / "r.wav", 3.5)
    report = check_file(recording)
    assert report["passed"] and report["kind"] == "recording"
    assert report["seconds"] == 3.5 and report["sample_rate"] == SAMPLE_RATE and report["channels"] == 1
    assert report["rms_dbfs"] == pytest.approx(-20, abs=3)
    Image.fromarray(bundled_picture()).save(tmp_path / "cover.jpg")
    subprocess.run(
        [ffmpeg_program(), "-loglevel", "error", "-i", recording, "-i", tmp_path / "cover.jpg", "-map", "0",
         "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic", tmp_path / "covered.mp3"], check=True,
    )  # fmt: skip
    covered = check_file(tmp_path / "covered.mp3")
    assert (covered["kind"], covered["audio_codec"]) == ("recording", "mp3")
    json.dumps(covered, allow_nan=False)
    assert any("median pitch" in line for line in lines(covered))


def test_a_silent_recording_falls_short(tmp_path):
    report = check_file(sound_of(tmp_path / "silence.wav", 3, level=0))
    assert not report["passed"] and "silent" in report["failed"][0]
    assert "silent" in lines(report)[-1]


def test_files_that_are_none_of_the_three(tmp_path, good_video):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "words.txt").write_text("nothing to see\n" * 50)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(50_000))
    (tmp_path / "cut.mp4").write_bytes(good_video.read_bytes()[:600])
    for name in ("empty.mp4", "words.txt", "noise.mp4", "cut.mp4"):
        with pytest.raises(InputError, match=name):
            check_file(tmp_path / name)
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(RequestError, match="check the path"):
            check_file(path)


def test_a_video_that_is_cut_short_is_told(good_video, tmp_path, capfd):
    whole = good_video.read_bytes()  # its index comes first, so that the frames before the cut can be read
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    report = check_file(tmp_path / "cut.mp4")
    assert 0 < report["frames"] < FRAMES
    assert any(reason.startswith("the file claims 3.0") and "cut short" in reason for reason in report["failed"])
    assert capfd.readouterr().err == ""
