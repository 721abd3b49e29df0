"""Burned captions: what is drawn, where, by which font; and a frame made again from what was kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import AvatarError, EnvironmentProblem, InputError, RequestError
from avatar.frame import assembly
from avatar.frame.captions import WIDTH, captions_of, drawable, look_of, top_of
from avatar.frame.layout import layout
from avatar.frame.still import ready
from avatar.frame.wanted import WantedFrame
from avatar.jobs import home as homes
from avatar.media import ass, fonts
from avatar.media.frames import video_frames
from avatar.media.subtitles import vtt
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.portrait.moving_head import mouth_ends_at
from avatar.preflight import check_frame
from avatar.request import make_request
from avatar.voice.speech import Word
from tests.conftest import run_command, without_manifest
from tests.test_closed_files import needs_landlock
from tests.test_subtitles import JAPANESE

FRAMES = [(1080, 1920), (1920, 1080), (1080, 1080), (640, 360), (360, 640), (128, 128), (128, 512)]


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait(512)


def spoken(text: str, word_s: float = 0.3) -> list[Word]:
    return [Word(each, at * word_s, (at + 1) * word_s) for at, each in enumerate(text.split())]


LONG = spoken("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz is a word. " + "and so on with it " * 20)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("style", ["plain", "box", "karaoke"])
def test_lines_fit_into_the_frame_and_never_stand_on_the_mouth(portrait, frame, style):
    font, laid = fonts.bundled(), layout(portrait.place, *frame)
    mouth_px = laid.head.top + mouth_ends_at(portrait.landmarks) * laid.head.width / 512
    look = look_of(laid, mouth_px, style, font)
    assert not look.at_top and top_of(look) > mouth_px
    captions = captions_of(LONG, look, font)
    assert [piece.text for each in captions for line in each.lines for piece in line if "Rind" in piece.text]
    for each in captions:
        assert 1 <= len(each.lines) <= 2
        for line in each.lines:
            width = font.width(" ".join(piece.text for piece in line), look.line_px * each.shrunk)
            assert width <= WIDTH * frame[0] * 1.01, line


def test_a_close_face_has_its_captions_above(portrait):
    """Where the mouth reaches the frame's lower edge."""
    laid = layout(portrait.place, 1920, 1080)
    low_px = laid.head.top + (mouth_ends_at(portrait.landmarks) / 512 + 0.3) * laid.head.width
    assert look_of(laid, low_px, "plain", fonts.bundled()).at_top


def test_karaoke_gives_each_word_its_time():
    words = [Word("One", 0.5, 0.75), Word("two", 1.0, 1.5), Word("3 000.", 1.5, 2.5)]
    font = fonts.bundled()
    look = ass.Look(640, 360, "karaoke", font.family, font.bold, 30, 20)
    text = ass.document(captions_of(words, look, font), look).splitlines()[-1]
    assert text.startswith("Dialogue: 0,0:00:00.50,")
    assert text.endswith(r"{\k0}{\k25}One {\k25}{\k50}two {\k0}{\k20}3 {\k0}{\k80}000."), (
        "the pause before a word, and the word"
    )


@pytest.mark.parametrize("style", ["plain", "karaoke"])
def test_what_is_written_without_spaces_is_drawn_without_any(style):
    font = replace(fonts.bundled(), advances={ord(each): 1.0 for each in JAPANESE}, is_given=True)
    look = ass.Look(1080, 1920, style, font.family, font.bold, 73, 20)
    captions = captions_of([Word(JAPANESE, 0, 20, ".")], look, font)
    text = ass.document(captions, look).partition("[Events]")[2]
    shown = re.sub(r"\{[^}]*\}|\\N", "", "".join(line.split(",,0,0,0,,")[1] for line in text.splitlines()[2:]))
    assert shown == JAPANESE
    assert min(each.shrunk for each in captions) == 1 and all(len(each.lines) <= 2 for each in captions)
    assert len({piece.seconds for each in captions for line in each.lines for piece in line}) > 3, "each its time"


@pytest.mark.parametrize(("word", "is_whole"), [("Geschwindigkeitsbegrenzung,", True), (63 * "a", False)])
def test_a_word_a_little_longer_than_a_line_is_drawn_smaller_and_a_longer_one_cut(word, is_whole):
    """A line of a high frame has 22 letters."""
    font = fonts.bundled()
    look = ass.Look(1080, 1920, "plain", font.family, font.bold, 73, 20)
    captions = captions_of([Word("Die", 0, 1), Word(word, 1, 2), Word("hier.", 2, 3)], look, font)
    pieces = [piece.text for each in captions for line in each.lines for piece in line]
    assert (word in pieces) == is_whole and (f"{21 * 'a'}-" in pieces) != is_whole
    assert all(0.69 < each.shrunk <= 1 for each in captions)


def test_of_a_family_of_emoji_nothing_invisible_is_left():
    hand = "\U0001f44b\U0001f3fd"
    assert drawable(f"friends {hand}, and {hand} all! {hand}!", fonts.bundled()) == "friends, and all!"
    assert drawable(f"{hand}.", fonts.bundled()) == "" and drawable("a , b …", fonts.bundled()) == "a , b …"
    assert drawable("👩‍👩‍👧", fonts.bundled()) == "" and drawable("a\u200db 😀", fonts.bundled()) == "a\u200db 😀"


def test_words_are_no_commands():
    """A brace opens a command in ASS, and a backslash one of its own."""
    font = fonts.bundled()
    look = ass.Look(640, 360, "plain", font.family, font.bold, 30, 20)
    text = ass.document(captions_of([Word(r"{\fs200}\N", 0, 1), Word("ok", 1, 2)], look, font), look)
    assert text.splitlines()[-1].endswith("\\{\\\u2060fs200\\}\\\u2060N ok")


@pytest.mark.parametrize("text", ["你好", "こんにちは", "안녕", "नमस्ते"])
def test_letters_that_the_font_lacks_are_refused_before_anything_is_rendered(text):
    with pytest.raises(RequestError) as refused:
        check_frame(make_request(text=text, captions="burned"))
    assert text[0] in str(refused.value) and refused.value.mend == {"captions": "soft"}
    check_frame(make_request(text=text, captions="soft"))


@pytest.mark.parametrize("text", ["Grüße, ça va? Žluťoučký", "Привет", "Γειά", "مرحبا", "Türkçe ığüşöç", "Łódź"])
def test_the_bundled_font_draws_these(text):
    check_frame(make_request(text=text, captions="burned"))


def test_what_is_no_font_is_refused(tmp_path):
    for name, content in (("a.ttf", b"no font"), ("b.ttf", b""), ("c.otf", b"OTTO" + bytes(100))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="no TrueType or OpenType font"):
            check_frame(make_request(text="Hello.", captions="burned", font=tmp_path / name))


def test_what_is_for_burned_captions_is_refused_without():
    for more in ({"caption_style": "box"}, {"font": "x.ttf"}):
        with pytest.raises(RequestError, match="burned captions") as refused:
            make_request(text="Hello.", captions="soft", **more)
        assert refused.value.mend == {"captions": "burned"}
    with pytest.raises(RequestError, match="give one of them"):
        make_request(text="Hello.", subtitles=True, captions="burned")
    with pytest.raises(RequestError, match="made from the text"):
        make_request(audio="speech.wav", captions="vtt")


def test_webvtt_to_the_letter():
    words = [Word("R&D", 0.25, 0.75), Word("<b>", 0.75, 1.5, ".")]
    assert vtt(words) == "WEBVTT\n\n00:00:00.250 --> 00:00:01.500\nR&amp;D &lt;b&gt;\n"
    assert vtt([]) == "WEBVTT\n"


# ---------------------------------------------------------------- a stranger's font


@needs_landlock
def test_a_given_font_is_read_by_a_program_that_may_read_nothing_else(tmp_path, monkeypatch):
    """And the bundled one's letters are the same by it as by us."""
    given = tmp_path / "given.ttf"
    shutil.copyfile(fonts.bundled().path, given)
    read, ours = fonts.opened(given), fonts.bundled()
    assert (read.family, read.bold, read.height_em, read.advances) == (
        ours.family,
        ours.bold,
        ours.height_em,
        ours.advances,
    )
    assert read.width("Hello there", 30) == pytest.approx(ours.width("Hello there", 30), rel=0.02)
    spy = tmp_path / "spy.py"
    spy.write_text(f"print(open({str(tmp_path / 'secret')!r}).read())")
    (tmp_path / "secret").write_text("a word")
    monkeypatch.setattr("avatar.media.read_font.__file__", str(spy))
    other = tmp_path / "other.ttf"
    other.write_bytes(given.read_bytes() + b"\0")
    with pytest.raises(EnvironmentProblem, match="PermissionError"):
        fonts.opened(other)


@needs_landlock
def test_ffmpeg_draws_from_a_given_font_in_a_closed_child(portrait, tmp_path):
    """Of a shot with one FFmpeg reads nothing but its folder and what was kept."""
    given, secret = tmp_path / "given.ttf", tmp_path / "secret.png"
    shutil.copyfile(fonts.bundled().path, given)
    bundled = drawn(portrait, tmp_path / "bundled", spoken("Hello.", 0.2))
    assert bundled.read_bytes() == drawn(portrait, tmp_path / "given", spoken("Hello.", 0.2), font=given).read_bytes()
    wanted = WantedFrame(640, 360, "crop", "blur", None, "centre", "plain", given, None)
    (tmp_path / "shot").mkdir()
    shot = ready(
        wanted, portrait, picture_of(portrait), spoken("Hello.", 0.2), tmp_path / "shot", Fraction(25), Fraction(1, 5)
    )
    (tmp_path / "shot/canvas.png").rename(secret)
    (tmp_path / "shot/canvas.png").symlink_to(secret)
    (tmp_path / "out").mkdir()
    with pytest.raises(AvatarError, match="Permission denied|could not write"):
        assembly.assemble([portrait.picture] * 5, shot, tmp_path / "out/kept.mp4", tmp_path / "out/framed.mp4")
    free = replace(shot, is_closed=False)
    assert assembly.assemble([portrait.picture] * 5, free, tmp_path / "out/kept.mp4", tmp_path / "out/framed.mp4") == 5


# ---------------------------------------------------------------- drawn by FFmpeg


def drawn(portrait: Portrait, folder: Path, words: list[Word], size=(640, 360), style="plain", font=None, frames=10):
    """framed.mp4 of a still head, in an empty folder."""
    wanted = WantedFrame(*size, "crop", "blur", None, "centre", style, font, None)
    folder.mkdir()
    shot = ready(wanted, portrait, picture_of(portrait), words, folder, Fraction(25), Fraction(frames, 25))
    assembly.assemble([portrait.picture] * frames, shot, folder / "kept.mp4", folder / "framed.mp4")
    assembly.assemble_again(folder / "kept.mp4", shot, folder / "again.mp4")
    assert (folder / "framed.mp4").read_bytes() == (folder / "again.mp4").read_bytes()
    return folder / "framed.mp4"


def picture_of(portrait: Portrait) -> np.ndarray:
    from avatar.portrait.bundled import bundled_picture

    return bundled_picture()


@pytest.mark.parametrize(
    ("size", "room"), [((1080, 1920), 0.20), ((1080, 1350), 0.06), ((1080, 1440), 0.06), ((1080, 1080), 0.06)]
)
def test_room_is_left_below_for_what_lies_over_shorts_alone(portrait, size, room):
    """A post of 4:5 has no buttons over it: words above its lowest fifth would stand on the chin."""
    look = look_of(layout(portrait.place, *size), 0.0, "plain", fonts.bundled())
    assert look.edge_px == round(room * size[1]) and not look.at_top


def last_frame(video: Path) -> np.ndarray:
    return list(video_frames(video, seconds=1))[-1].astype(int)


@pytest.mark.parametrize("style", ["plain", "box", "karaoke"])
def test_words_are_seen_where_they_belong(portrait, tmp_path, style):
    """Against the same frame without: what differs is in the lower fifth, in the middle."""
    with_words = last_frame(drawn(portrait, tmp_path / "with", spoken("Hello there.", 0.1), style=style))
    without = last_frame(drawn(portrait, tmp_path / "without", []))
    rows, columns = np.nonzero(np.abs(with_words - without).max(axis=2) > 60)
    assert len(rows) > 500 and rows.min() > 0.75 * 360 and rows.max() < 0.97 * 360
    assert abs((columns.min() + columns.max()) / 2 - 320) < 8


def test_no_font_of_the_host_gets_in(portrait, tmp_path, monkeypatch):
    """Another font by the same name, where this host's fontconfig and its user look for fonts."""
    plain = drawn(portrait, tmp_path / "a", spoken("Hello there.", 0.1)).read_bytes()
    other = Path(fonts.bundled().path).with_name("DejaVuSerif.ttf")
    host = tmp_path / "host"
    for folder in ("home/.fonts", "data/fonts", "home/.local/share/fonts"):
        (host / folder).mkdir(parents=True)
        renamed(other, host / folder / "DejaVuSans-Bold.ttf")
    (host / "fonts.conf").write_text(f"<fontconfig><dir>{host}/data/fonts</dir></fontconfig>")
    monkeypatch.setenv("HOME", str(host / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(host / "data"))
    monkeypatch.setenv("FONTCONFIG_FILE", str(host / "fonts.conf"))
    assert drawn(portrait, tmp_path / "b", spoken("Hello there.", 0.1)).read_bytes() == plain
    given = drawn(portrait, tmp_path / "c", spoken("Hello there.", 0.1), font=host / "data/fonts/DejaVuSans-Bold.ttf")
    assert given.read_bytes() != plain, "a font that is asked for is drawn"


def test_of_a_collection_of_fonts_the_first_is_drawn(portrait, tmp_path):
    """As Debian has its Chinese, Japanese and Korean ones."""
    from fontTools.ttLib import TTCollection, TTFont

    first = Path(fonts.bundled().path).with_name("DejaVuSerif-Bold.ttf")
    collection = TTCollection()
    collection.fonts = [TTFont(first), TTFont(fonts.bundled().path)]
    collection.save(tmp_path / "both.ttc")
    assert fonts.opened(tmp_path / "both.ttc").family == "DejaVu Serif"
    words = spoken("Hello there.", 0.1)
    alone = drawn(portrait, tmp_path / "alone", words, font=first)
    assert np.array_equal(
        last_frame(drawn(portrait, tmp_path / "a", words, font=tmp_path / "both.ttc")), last_frame(alone)
    )


def renamed(font: Path, to: Path) -> None:
    """The same letters under the bundled font's name."""
    from fontTools.ttLib import TTFont

    with TTFont(font) as opened:
        for record in opened["name"].names:
            if record.nameID == 1:
                record.string = "DejaVu Sans"
        opened["OS/2"].fsSelection |= 1 << 5
        opened.save(to)


def test_folders_may_be_called_anything(portrait, tmp_path):
    """FFmpeg's filters have an alphabet of their own for file names."""
    folder = tmp_path / "it's, a [home]:with;all=of%it"
    assert last_frame(drawn(portrait, folder, spoken("Hi.", 0.2))).shape == (360, 640, 3)


def test_the_head_is_seamless_in_its_picture(portrait, tmp_path):
    """At the square's edges the frame goes on as the picture does: no step beyond those that it has itself."""
    from avatar.frame import canvas as canvases

    laid = layout(portrait.place, 640, 360)
    frame = last_frame(drawn(portrait, tmp_path / "a", []))
    still = canvases.canvas(picture_of(portrait), laid, "blur", None).astype(int)
    for edge in (laid.head.left, laid.head.right):
        steps = np.abs(np.diff(frame[:, edge - 1 : edge + 1], axis=1)).mean()
        inside = np.abs(np.diff(still[:, edge - 8 : edge + 8], axis=1)).mean()
        assert steps < 2 * inside + 3, edge


# ---------------------------------------------------------------- by the command


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A video in a frame with words, in a home of its own."""
    home = tmp_path_factory.mktemp("framed")
    return home, run_framed(home, "a.mp4", "--size", "360x640", "--captions", "burned")


def run_framed(home: Path, name: str, *options: str) -> Path:
    environment = {**os.environ, "AVATAR_HOME": str(home / "home")}
    video = home / name
    done = run_command("pipeline", "run", "--text", "Hello, we are here.", *options, "-o", video, env=environment)
    assert done.returncode == 0, done.stderr
    return video


def records(home: Path, size: str) -> dict:
    jobs = [job for job in homes.every(home / "home") if job.request().size == size]
    return {stage: jobs[0].record(stage) for stage in ("portrait", "voice", "lips", "video")}


def test_another_frame_of_a_finished_job_is_ffmpegs_work_alone(made, tmp_path):
    """Its bytes are those of a render from nothing: what was kept is lossless."""
    home, _ = made
    again = run_framed(home, "b.mp4", "--size", "640x360", "--captions", "burned", "--caption-style", "box")
    told = records(home, "640x360")
    assert all(told[stage].get("copied_from") for stage in ("portrait", "voice", "lips"))
    anew = run_framed(tmp_path, "c.mp4", "--size", "640x360", "--captions", "burned", "--caption-style", "box")
    assert job_video(home, again) == job_video(tmp_path, anew)


def job_video(home: Path, video: Path) -> bytes:
    assert home in video.parents
    return without_manifest(video)


def test_the_file_is_what_players_expect(made):
    home, video = made
    from avatar.media.ffmpeg import ffmpeg_program

    said = subprocess.run([ffmpeg_program(), "-hide_banner", "-i", video], capture_output=True, text=True).stderr
    assert "360x640" in said and "yuv420p(tv, bt709" in said and "25 fps" in said
    done = run_command("check", video, env={**os.environ, "AVATAR_HOME": str(home / "home")})
    assert done.returncode == 0, done.stdout


def test_a_head_that_is_shown_larger_than_its_picture_has_it_is_told_of(made, portrait):
    """The bundled one is 193 pixels wide in its picture, and 360 in this frame."""
    home, _ = made
    notes = records(home, "360x640")["video"]["notes"]
    assert notes == [
        f"the head is shown {360 / portrait.place.side:.1f} times as large as it is in the picture; a larger picture is sharper."
    ]


def test_a_damaged_kept_picture_is_made_again(made, tmp_path):
    home, video = made
    shutil.copytree(home, tmp_path / "copy")
    job = homes.every(tmp_path / "copy" / "home")[0]
    kept = job.file("picture.mp4")
    kept.write_bytes(kept.read_bytes()[:-100])
    again = run_framed(tmp_path / "copy", "d.mp4", "--size", "360x640", "--captions", "burned")
    assert without_manifest(again) == without_manifest(video)
