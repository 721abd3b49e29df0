"""A video behind the head: looped or cut to the speech, filling the frame, and refused beforehand where it is none."""

from __future__ import annotations

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar import framed
from avatar.errors import InputError
from avatar.frame import assembly, behind
from avatar.frame.still import ready
from avatar.frame.wanted import WantedFrame
from avatar.jobs import home as homes
from avatar.media import ffmpeg
from avatar.media.frames import size_and_rate, video_frames
from avatar.portrait.framing import Place, Portrait
from avatar.preflight import check_frame
from avatar.quality.intended import asked_of
from avatar.request import make_request
from tests.conftest import run_command
from tests.moving import FRAMES, RATE
from tests.moving import moving_video as video

HEAD = (40, 60, 200)


def close_head() -> tuple[Portrait, np.ndarray]:
    """A picture that its head's square fills but for a strip below; a wide frame shows the background beside it."""
    picture = np.full((120, 100, 3), HEAD, np.uint8)
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[:, :2] = 50
    return Portrait(picture[:100], landmarks, Place(0, 0, 100, 100, 120)), picture


def shown(folder: Path, background: Path, count: int, rate: Fraction = RATE, **more) -> list[np.ndarray]:
    """Frames of a frame of 320 x 180 with this background, made at once and from what was kept."""
    folder.mkdir()
    portrait, picture = close_head()
    wanted = WantedFrame(320, 180, "pad", "blur", background, "centre", None, None, None, **more)
    shot = ready(wanted, portrait, picture, [], folder, rate, count / rate)
    moving = [np.full((*shot.moving[::-1], 3), HEAD, np.uint8)] * count
    assert assembly.assemble(moving, shot, folder / "kept.mp4", folder / "framed.mp4") == count
    assembly.assemble_again(folder / "kept.mp4", shot, folder / "again.mp4")
    assert (folder / "framed.mp4").read_bytes() == (folder / "again.mp4").read_bytes()
    return [frame.astype(int) for frame in video_frames(folder / "framed.mp4")]


@pytest.mark.parametrize("clip", [None, (100, 120)])
def test_a_video_moves_behind_the_head_again_and_again(tmp_path, clip):
    """Behind a portrait in its picture, and behind a clip."""
    frames = shown(tmp_path / "job", video(tmp_path / "beach.mp4"), 20, clip=clip)
    assert len(frames) == 20
    for number, frame in enumerate(frames):
        expected = 40 + 20 * (number % FRAMES)
        for x in (10, 310):
            assert np.abs(frame[90, x] - expected).max() <= 6, (number, frame[90, x])
        assert np.abs(frame[90, 160] - HEAD).max() <= 6
        assert np.abs(frame[174, 160] - HEAD).max() <= 8, "the rest of the picture stands still"


@pytest.mark.parametrize("name", ["sea.gif", "sea.png", "sea.webp", "sea.mp4"])
def test_an_animation_moves_as_a_video_does(tmp_path, name):
    """By its content, whatever it is called; again and again, each picture for its own time."""
    pictures = [Image.new("RGB", (320, 180), (40 + 20 * number,) * 3) for number in range(FRAMES)]
    how = {"lossless": True} if name == "sea.webp" else {}
    kind = "GIF" if name == "sea.mp4" else None
    pictures[0].save(tmp_path / name, kind, save_all=True, append_images=pictures[1:], duration=80, **how)
    check_frame(make_request(text="Hi.", backdrop=tmp_path / name))
    frames = shown(tmp_path / "job", tmp_path / name, 20)
    for number, frame in enumerate(frames):
        assert np.abs(frame[90, 10] - (40 + 20 * (number // 2 % FRAMES))).max() <= 6, (number, frame[90, 10])


@pytest.mark.parametrize("name", ["one.gif", "one.png", "one.webp", "pages.tiff", "sea.avif"])
def test_what_is_one_picture_or_cannot_move_stands_still(tmp_path, name):
    pictures = [Image.new("RGB", (320, 180), (40 + 20 * number,) * 3) for number in range(3)]
    several = {"save_all": True, "append_images": pictures[1:]} if "one" not in name else {}
    pictures[0].save(tmp_path / name, **several)
    check_frame(make_request(text="Hi.", backdrop=tmp_path / name))
    assert behind.stands_still(tmp_path / name) == (name == "sea.avif"), "which is told"
    assert not behind.is_video(tmp_path / name)
    assert all(np.abs(frame[90, 10] - 40).max() <= 6 for frame in shown(tmp_path / "job", tmp_path / name, 3))


def test_an_animation_that_is_cut_short_is_refused_or_shown_as_far_as_it_goes(tmp_path):
    pictures = [Image.effect_noise((320, 180), 40 + number).convert("RGB") for number in range(4)]
    for name in ("a.gif", "a.png", "a.webp"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=80)
        content = (tmp_path / name).read_bytes()
        for number, share in enumerate((0.2, 0.45, 0.9)):
            (tmp_path / name).write_bytes(content[: int(share * len(content))])
            try:
                check_frame(make_request(text="Hi.", backdrop=tmp_path / name))
                shown(tmp_path / f"{name} {number}", tmp_path / name, 3)
            except InputError as refused:
                assert name in str(refused), refused


def test_a_longer_one_is_cut(tmp_path):
    frames = shown(tmp_path / "job", video(tmp_path / "beach.mp4"), 5)
    assert len(frames) == 5 and abs(frames[-1][90, 10, 0] - 120) <= 6
    kept = list(video_frames(tmp_path / "job/behind.mp4"))
    assert len(kept) == 5, "no more of it is decoded than is seen"


@pytest.mark.parametrize("size", [(480, 180), (320, 500), (1280, 720), (200, 200)])
def test_it_fills_the_frame_by_its_middle(tmp_path, size):
    """As much is cut off of the one side as of the other."""
    for number, frame in enumerate(shown(tmp_path / "job", video(tmp_path / "beach.mp4", size), 2)):
        for corner in (frame[6, 6], frame[6, -7], frame[-7, 6], frame[-7, -7]):
            assert np.abs(corner - (40 + 20 * number)).max() < 8, corner


@pytest.mark.parametrize(("rate", "every"), [(Fraction(50), 2), (Fraction(25, 2), 0.5)])
def test_it_is_shown_at_the_frame_rate_of_the_video(tmp_path, rate, every):
    frames = shown(tmp_path / "job", video(tmp_path / "beach.mp4", rate=rate), 3)
    seen = [frame[90, 10, 0] for frame in frames]
    assert all(abs(value - (40 + 20 * int(number * every))) <= 20 for number, value in enumerate(seen)), seen
    assert seen[2] - seen[0] == pytest.approx(20 * 2 * every, abs=21)


def test_one_of_an_odd_rate_behind_a_clip_of_another(tmp_path):
    frames = shown(
        tmp_path / "job", video(tmp_path / "beach.mp4", rate=Fraction(24)), 31, Fraction(30000, 1001), clip=(100, 120)
    )
    assert len(frames) == 31


def test_what_is_no_picture_and_no_video_is_refused(tmp_path):
    files = {"notes.txt": b"hello", "empty.mp4": b"", "cut.mp4": video(tmp_path / "a.mp4").read_bytes()[:900],
             "list.mp4": b"#EXTM3U\nfile:///etc/passwd\n", "song.bin": b"\xff\xfb\x90\x00" * 99}  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as refused:
            check_frame(make_request(text="Hi.", backdrop=tmp_path / name))
        assert name in str(refused.value) and "face" not in str(refused.value)
        assert refused.value.fields == ("backdrop",)
        said = "neither a picture" if not name.endswith("mp4") else "video"
        assert (
            said in str(refused.value) or "list of other files" in str(refused.value) or "empty" in str(refused.value)
        )
    check_frame(make_request(text="Hi.", backdrop=video(tmp_path / "one.mov")))
    Image.new("RGB", (100, 100)).save(tmp_path / "really.mp4", "PNG")
    check_frame(make_request(text="Hi.", backdrop=tmp_path / "really.mp4"))


def test_the_room_that_it_takes_is_asked_for(tmp_path):
    picture, moving = tmp_path / "still.png", video(tmp_path / "moving.mp4")
    Image.new("RGB", (100, 100)).save(picture)
    plain, still, moves = (
        framed.needed_bytes(make_request(text="Hello there.", size="landscape", backdrop=path))
        for path in (None, picture, moving)
    )
    assert plain == still < moves / 2


# ---------------------------------------------------------------- from the command line


RUN = ("pipeline", "run", "--text", "Hello there.", "--size", "640x360", "--fit", "pad", "--no-sign")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


def ran(home: Path, *told: object) -> subprocess.CompletedProcess:
    return run_command(*map(str, told), env={**os.environ, "AVATAR_HOME": str(home)})


def test_another_video_behind_is_ffmpegs_work_alone(home, tmp_path):
    """And the same bytes as from nothing."""
    beach, forest = video(tmp_path / "beach.mp4"), video(tmp_path / "forest.mov", (240, 320))
    for name, background in (("one", beach), ("two", forest)):
        run = ran(home, *RUN, "--background", background, "-o", tmp_path / f"{name}.mp4")
        assert run.returncode == 0, run.stderr
    assert "not seen" not in run.stderr
    one, two = sorted(homes.every(home), key=lambda job: job.created())
    assert "copied_from" in two.record("lips") and "copied_from" not in one.record("lips")
    homes.remove(one)
    homes.remove(two)
    run = ran(home, *RUN, "--background", forest, "-o", tmp_path / "three.mp4")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "two.mp4").read_bytes() == (tmp_path / "three.mp4").read_bytes()
    assert (tmp_path / "one.mp4").read_bytes() != (tmp_path / "two.mp4").read_bytes()


def test_a_background_that_nobody_sees_is_told(home, tmp_path):
    beach = video(tmp_path / "beach.mp4")
    told = [each for each in RUN if each not in ("--fit", "pad")]
    run = ran(home, *told[:5], "360x360", "--background", beach, "--captions", "burned")
    assert run.returncode == 0 and "is not seen" in run.stderr, run.stderr


def test_sound_alone_is_told_as_that(finished_job, tmp_path):
    sound = [ffmpeg.ffmpeg_program(), "-i", finished_job.file("speech.wav"), "-c:a", "aac", tmp_path / "song.mp4"]
    subprocess.run(sound, check=True, capture_output=True)
    with pytest.raises(InputError, match="shows no picture, only sound; give another one") as refused:
        check_frame(make_request(text="Hi.", backdrop=tmp_path / "song.mp4"))
    assert refused.value.fields == ("backdrop",)
    with pytest.raises(InputError, match="shows no picture, only sound; give another one"):
        size_and_rate(tmp_path / "song.mp4")


def test_a_table_and_a_dry_run_take_it_too(home, tmp_path):
    video(tmp_path / "beach.mp4")
    (tmp_path / "notes.mp4").write_text("no video")
    (tmp_path / "t.csv").write_text("text,size,background\nHi.,640x360,beach.mp4\nHi there.,640x360,notes.mp4\n")
    run = ran(home, "make", tmp_path / "t.csv", "-O", tmp_path, "--dry-run")
    assert "001.mp4  about" in run.stdout and "row 2 (002): " in run.stderr and run.returncode == 1, run.stderr
    assert "cannot read the video" in run.stderr
    run = ran(home, *RUN, "--background", tmp_path / "notes.mp4", "--dry-run")
    assert run.returncode == 1 and "cannot read the video" in run.stderr and "Traceback" not in run.stderr
    run = ran(home, *RUN, "--background", tmp_path / "t.csv")
    assert run.returncode == 1 and "--background: the background" in run.stderr and "neither a picture" in run.stderr


def test_what_moves_behind_a_head_is_no_fault_of_the_video(home, tmp_path):
    """`check` knows what was asked for."""
    run = ran(home, *RUN, "--background", video(tmp_path / "beach.mp4"))
    job = next(each for each in homes.every(home) if each.video == Path(run.stdout.split()[-1]))
    asked = asked_of(home, job.video)
    assert asked and asked.moves_behind and np.any(asked.sway)
