"""A disk that is full when weights are converted or a voice is kept, and a home where nothing can be written.

A limit on the size of files stands for the disk: the libraries meet both where they write.
"""

from __future__ import annotations

import contextlib
import errno
import resource
from collections.abc import Iterator

import pytest

from avatar import asking, work
from avatar.errors import EnvironmentProblem, TemporaryProblem
from avatar.failures import explanation
from avatar.weights import disk
from tests import cloned_voice
from tests.cloned_voice import TEXT, spoken

recording, weights, here = cloned_voice.recording, cloned_voice.weights, cloned_voice.here


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("engine", ["pocket", "xtts", "musetalk"])
def test_a_conversion_that_finds_no_room_is_told_as_that(here, engine):
    pytest.importorskip("torch")
    from avatar.device.hardware import profile_named
    from avatar.lips.musetalk.engine import MuseTalkLips
    from avatar.voice.pocket.engine import PocketVoice
    from avatar.voice.xtts.engine import XttsVoice

    loaded = {"pocket": PocketVoice, "xtts": XttsVoice, "musetalk": MuseTalkLips}[engine]
    with files_of_at_most(100_000), pytest.raises(OSError) as full, loaded.load(profile_named("cpu")):
        pass
    assert full.value.errno == errno.EFBIG and str(here / "converted") in str(full.value.filename)
    assert [path for path in (here / "converted").iterdir() if not path.name.endswith(".lock")] == []
    with loaded.load(profile_named("cpu")):
        pass


def test_what_is_heard_of_a_voice_is_used_where_it_cannot_be_kept(here, recording, tmp_path):
    pytest.importorskip("torch")
    from avatar.engines import Told
    from avatar.voice.pocket.engine import PocketVoice

    with PocketVoice.load() as voice:
        with files_of_at_most(1000):
            heard = voice._read_speaker(recording, Told())
        assert not list((here / "voices" / ".latents").iterdir())
        assert heard.equal(voice._read_speaker(recording, Told()))
    (kept,) = (here / "voices" / ".latents").iterdir()
    assert kept.stat().st_size > 1000


@pytest.mark.parametrize("makes", ["video", "speech"])
def test_a_home_that_cannot_be_written_is_named_before_anything_loads(here, recording, makes, tmp_path, monkeypatch):
    (nowhere := tmp_path / "a file").write_text("")
    request = asking.speech_of(text=TEXT, voice=recording)
    monkeypatch.setenv("AVATAR_HOME", str(nowhere / "home"))
    with pytest.raises(EnvironmentProblem, match="set AVATAR_HOME to another folder"):
        if makes == "video":
            work.make(request, tmp_path / "talk.mp4", False, lambda event: None)
        else:
            spoken(request, tmp_path)


def test_too_little_room_is_a_matter_of_time(tmp_path):
    with pytest.raises(TemporaryProblem, match="free some space") as full:
        disk.need_room(tmp_path / "converted", 1 << 60, "converting")
    assert full.value.exit_code == 75 and explanation(full.value)
