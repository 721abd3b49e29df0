"""Small files that claim to be huge: refused by their own numbers before FFmpeg opens them, in no time and no memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.errors import InputError
from avatar.files import refuse_larger
from avatar.media import bare_frames, boxes, chunks
from avatar.media.claims import LISTS, refuse_false
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.frames import video_frames
from avatar.media.sound_file import read_sound
from avatar.media.streams import probe
from avatar.request import make_request
from tests.conftest import ROOT

UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def table(kind: str, *numbers: int, version: int = 0) -> bytes:
    """A box with version and flags, then numbers of 32 bits."""
    return box(kind, struct.pack(f">B3x{len(numbers)}I", version, *numbers))


def track(
    samples: int,
    delta: int = 40,
    handler: str = "vide",
    size: int = 1,
    edits: int = 0,
    sizes: bytes = b"",
    extra: bytes = b"",
) -> bytes:
    entry = box(
        "mp4v",
        bytes(6),
        b"\0\1",
        bytes(16),
        struct.pack(">HH", 64, 64),
        bytes(12),
        b"\0\1",
        bytes(32),
        b"\0\x18\xff\xff",
    )
    if handler == "soun":
        entry = box("sowt", bytes(6), b"\0\1", bytes(8), struct.pack(">HHHHI", 1, 16, 0, 0, 16000 << 16))
    stbl = box(
        "stbl", table("stsd", 1)[:-4] + struct.pack(">I", 1) + entry, table("stts", 1, samples, delta),
        table("stsc", 1, 1, samples, 1), box("stsz", struct.pack(">III", 0, size, samples) + sizes),
        table("stco", 1, 40), extra,
    )  # fmt: skip
    handling = box("hdlr", bytes(8), handler.encode(), bytes(13))
    mdia = box("mdia", table("mdhd", 0, 0, 1000, 1000, 0), handling, box("minf", stbl))
    edited = box("edts", box("elst", struct.pack(">II", 0, edits), struct.pack(">IiI", 1000, 0, 0x10000) * edits))
    return box("trak", table("tkhd", 0, 0, 1, 0, 1000), *([edited] if edits else []), mdia)


def mp4(*tracks: bytes, after: bytes = b"", padding: int = 0) -> bytes:
    header = struct.pack(">5IH10x", 0, 0, 0, 1000, 1000, 256) + UNITY
    movie = box("moov", box("mvhd", header, bytes(24), struct.pack(">I", 2)), *tracks)
    return box("ftyp", b"isom", bytes(4), b"isom") + movie + after + box("mdat", bytes(1024 + padding))


def fragment(samples: int) -> bytes:
    return box("moof", box("traf", table("tfhd", 1), table("trun", samples)))


def wav(*between: bytes, count: int = 1, channels: int = 1) -> bytes:
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, channels, 16000, 32000, 2, 16)
    body = b"WAVE" + form + b"".join(between) * count + b"data" + struct.pack("<I", 32000) + bytes(32000)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box("moov", inner)
    return box("ftyp", b"isom", bytes(4)) + inner


MANY = chunks.MOST_CHUNKS + 1
SAMPLES = 40_000_000
BOMBS = {
    "samples.mp4": (mp4(track(SAMPLES)), "claims 40,000,000 samples and has"),
    "three tracks.m4a": (mp4(*3 * [track(SAMPLES)]), "claims 40,000,000 samples and has"),
    "sound.m4a": (mp4(track(2_000_000_000, 1, "soun", 2)), "claims 2,000,000,000 samples and has"),
    "sizes that are not there.mp4": (
        mp4(track(900, size=0, sizes=bytes(400))),
        "claims 900 samples and has sizes for fewer",
    ),
    "small sizes.mp4": (mp4(track(0, extra=table("stz2", 8, SAMPLES))), "claims 40,000,000 samples and has"),
    "edits.mp4": (mp4(track(2000, edits=1000), padding=4000), "claims 1,000 edits of 2,000 samples"),
    "one moment.mp4": (mp4(track(3000, delta=0), padding=9000), "claims 3,000 pictures in 0.0 s"),
    "padded.mp4": (mp4(track(2_000_001), padding=2_000_000), "claims more than 2,000,000 samples"),
    "fragments.mp4": (mp4(track(0), after=fragment(SAMPLES)), "fragments claim 40,000,000 samples"),
    "tracks.mp4": (mp4(*65 * [track(1)]), "more than 64 tracks"),
    "nested.mp4": (nested(1000), "more than 8 deep"),
    "boxes.mp4": (mp4(after=100_001 * box("free")), "more than 100,000 boxes"),
    "compressed.mov": (mp4(box("cmov", bytes(20))), "compressed"),
    "chunks.wav": (wav(b"junk\0\0\0\0", count=MANY), "more than 2,000 chunks"),
    "channels.wav": (wav(channels=65535), "claims 65,535 channels"),
    "channels.w64": (
        b"riff" + bytes(36) + b"fmt " + bytes(12) + struct.pack("<QHH", 40, 1, 65535) + bytes(99),
        "claims 65,535 channels",
    ),
    "chunks.aiff": (b"FORM\0\0\0\0AIFF" + MANY * b"JUNK\0\0\0\0", "more than 2,000 chunks"),
    "chunks.caf": (b"caff\0\1\0\0" + MANY * (b"free" + bytes(8)), "more than 2,000 chunks"),
    "chunks.flac": (b"fLaC" + MANY * b"\1\0\0\0", "more than 2,000 chunks"),
    "chunks.w64": (
        b"riff" + bytes(36) + MANY * (b"junk" + bytes(12) + struct.pack("<Q", 24)),
        "more than 2,000 chunks",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(tmp_path, name, monkeypatch):
    content, reason = BOMBS[name]
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **options: pytest.fail("FFmpeg was started"))
    for read in (probe, lambda path: read_sound(path, 60), lambda path: list(video_frames(path))):
        begun = time.monotonic()
        with pytest.raises(InputError, match=f"{name}' is damaged or made to do harm: .*{reason}"):
            read(tmp_path / name)
        assert time.monotonic() - begun < 2


def test_the_command_refuses_one_in_little_memory(tmp_path):
    (tmp_path / "bomb.m4a").write_bytes(BOMBS["three tracks.m4a"][0])
    code = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, done.stderr)"
    )
    line = [sys.executable, "-c", code, sys.executable, "-m", "avatar", "check", tmp_path / "bomb.m4a"]
    code, mib, said = subprocess.run(line, cwd=ROOT, capture_output=True, text=True).stdout.split(" ", 2)
    assert code == "1" and int(mib) < 300 and "made to do harm" in said


def encoded(path: Path, source: str = "sine=d=2", *options: str) -> bytes:
    subprocess.run([ffmpeg_program(), "-v", "error", "-y", "-f", "lavfi", "-i", source, *options, path], check=True)
    return path.read_bytes()


def repeated(content: bytes, length: int) -> bytes:
    return content * -(-length // len(content))


def tag(length: int) -> bytes:
    """An ID3v2 tag whose picture is of zeros."""
    return b"ID3\4\0\0" + bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(length)


@pytest.mark.parametrize(
    "name",
    [
        "zeros.mp3",
        "letters.MP2",
        "tagged.mp3",
        "stopped.mp3",
        "stopped.bin",
        "stopped.flac",
        "stopped.ts",
        "stopped.m2ts",
    ],
)
def test_a_gigabyte_without_a_frame_is_refused_at_once(tmp_path, name, monkeypatch):
    """FFmpeg takes it all for one frame: 900 MB of it cost 11 s, and `avatar check` 21 s and 900 MiB. Of TS: 160 s."""
    path = tmp_path / name
    if name.startswith("stopped"):  # a download that was filled up with zeros
        path.write_bytes(encoded(tmp_path / f"good{path.suffix if path.suffix != '.bin' else '.mp3'}"))
    else:
        path.write_bytes({"z": b"", "l": b"abc " * (9 << 20), "t": tag(1000)}[name[0]])
    os.truncate(path, 900_000_000)
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **options: pytest.fail("FFmpeg was started"))
    begun = time.monotonic()
    with pytest.raises(
        InputError, match=f"{name}' is damaged or made to do harm: 17 MB of it hold nothing to decode; save or"
    ):
        probe(path)
    assert time.monotonic() - begun < 1


def test_long_silence_and_large_tags_are_no_gap(tmp_path):
    """Frames all the way; tags before and after them; silent samples under another suffix."""
    length = 36 << 20  # so that two looks fall behind the beginning
    long = repeated(encoded(tmp_path / "silence.mp3", "anullsrc", "-t", "10", "-b:a", "320k"), length)
    noise = repeated(encoded(tmp_path / "noise.flac", "anoisesrc=d=10", "-c:a", "flac"), length)
    (tmp_path / "long.mp3").write_bytes(long)
    (tmp_path / "tagged.mp3").write_bytes(tag(30 << 20) + tag(20 << 20) + long)
    (tmp_path / "tail.mp3").write_bytes(long + b"APETAGEX" + bytes(12 << 20))
    (tmp_path / "picture.flac").write_bytes(noise[:4] + 3 * (b"\6" + b"\xff" * 3 + bytes((1 << 24) - 1)) + noise[4:])
    for kind in ("ts", "m2ts"):
        (tmp_path / f"long.{kind}").write_bytes(repeated(encoded(tmp_path / f"short.{kind}"), length))
    (tmp_path / "a wav.mp3").write_bytes(wav()[:-32004] + struct.pack("<I", length) + bytes(length))
    assert length > 2 * bare_frames.STEP
    for path in tmp_path.iterdir():
        refuse_false(path)


@pytest.mark.parametrize(
    "kind", ["mp4", "mov", "mkv", "avi", "wav", "flac", "m4a", "mp3", "ogg", "aiff", "caf", "w64", "fragments.mp4"]
)
def test_what_ffmpeg_writes_is_no_bomb(tmp_path, kind):
    path = tmp_path / f"good.{kind}"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    only = [] if kind in ("mp4", "mov", "mkv", "avi", "fragments.mp4") else ["-map", "1"]
    more = ["-movflags", "frag_keyframe+empty_moov", "-g", "5"] if kind.startswith("frag") else []
    subprocess.run([ffmpeg_program(), "-v", "error", *source, *only, *more, path], check=True)
    refuse_false(path)
    assert read_sound(path, 60).seconds == pytest.approx(1, abs=0.1)


def test_claims_are_those_of_the_file(tmp_path):
    path = tmp_path / "good.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2:r=48000"]
    subprocess.run([ffmpeg_program(), "-v", "error", *source, path], check=True)
    claims = refuse_false(path)
    assert [track.kind for track in claims.tracks] == [b"vide", b"soun"]
    assert claims.samples(b"vide") == 50 and claims.samples(b"soun") == 95
    picture = claims.tracks[0]
    assert picture.units / picture.time_scale == 2 and picture.edits == 1


def test_samples_that_an_edit_leaves_out_are_not_missed():
    track = boxes.Track(b"vide", samples=100, edits=1, time_scale=1000, units=4000, edit=(2000, 0))
    assert not track.is_shown_whole(1000)
    track.edit = (4000, 0)
    assert track.is_shown_whole(1000)
    track.edit = (4000, 1000)
    assert not track.is_shown_whole(1000)


# ---------------------------------------------------------------- lists


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2.0,\n{other}\n#EXT-X-ENDLIST\n"),
        ("a.mp4", "ffconcat version 1.0\nfile '{other}'\n"),
        (
            "a.mpd",
            '<?xml version="1.0"?>\n<!-- a -->\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{other}</BaseURL></MPD>',
        ),
        ("a.pls", "[playlist]\nFile1={other}\n"),
        ("a.asx", "<ASX version='3.0'><Entry><Ref href='{other}'/></Entry></ASX>"),
        ("a.xspf", "\ufeff<?xml version='1.0'?><playlist><location>{other}</location></playlist>"),
        ("a.sdp", "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"),
        ("a.txt", "file://{other}\n"),
    ],
)
def test_a_list_is_refused_as_a_list(tmp_path, avatar, name, text):
    other = tmp_path / "other.mp4"
    other.write_bytes(mp4())
    path = tmp_path / name
    path.write_text(text.format(other=other))
    done = avatar("check", path)
    assert done.code == 1 and "is a list of other files, not a video or recording; give one" in done.stderr


@pytest.mark.parametrize("start", [b"RIFF....WAVE", b"ID3\3", b"# a text", b"<html>", b"video", b"\0\0\0\x18ftyp", b""])
def test_others_are_no_lists(start):
    assert not LISTS.match(start)


# ---------------------------------------------------------------- bytes


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize(
    ("kind", "size"), [("picture", 101 << 20), ("recording", (1 << 30) + 1), ("clip", (4 << 30) + 1)]
)
def test_larger_files_are_refused_by_their_size(tmp_path, kind, size):
    path = sparse(tmp_path / "large.bin", size)
    with pytest.raises(InputError, match=f"^the {kind} 'large.bin' has .* MB; .* MB is the most"):
        refuse_larger(path, kind)
    refuse_larger(sparse(path, size // 2), kind)


def test_a_request_does_not_hash_them(tmp_path):
    begun = time.monotonic()
    for field, size in (("audio", 2 << 30), ("portrait", 5 << 30)):
        path = sparse(tmp_path / f"{field}.mp4", size)
        text = {} if field == "audio" else {"text": "Hello."}
        with pytest.raises(InputError, match="MB is the most"):
            make_request(**{field: path}, **text).digest()
    with pytest.raises(InputError, match="the recording 'audio.mp4' has 2,147 MB"):
        read_sound(tmp_path / "audio.mp4", 60)
    assert time.monotonic() - begun < 1


def test_check_hashes_nothing_that_has_no_end(tmp_path, avatar):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert avatar("check", tmp_path / "pipe.mp4").code == 2
    done = avatar("check", sparse(tmp_path / "large.mp4", 5 << 30))
    assert done.code == 1 and "the file 'large.mp4' has 5,369 MB; 4,295 MB is the most" in done.stderr
