"""How long the small things take that are part of every render, one call each, on one thread.

`./run --full python bench/small.py` runs them and keeps the figures. By itself this is an ordinary file of
pytest-benchmark, and no part of the tests:

    ./run --full pytest bench/test_small.py --benchmark-compare

A benchmark's first line says what its figure is of. Inputs are the same each time; a result is looked at, so that a
call which does nothing fails.
"""

from __future__ import annotations

import os
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch

from avatar import settings
from avatar.jobs import cause
from avatar.lips.musetalk.audio_features import AudioFeatures, Ear
from avatar.lips.musetalk.audio_windows import SAMPLE_RATE, window
from avatar.lips.musetalk.blend import fit_to_box, paste
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import plan_frames
from avatar.lips.musetalk.prepared import prepare
from avatar.lips.musetalk.source import opened
from avatar.lips.musetalk.tone import ToneFollower
from avatar.lips.warp.liveliness import plan_sway
from avatar.lips.warp.loudness import loudness_envelope
from avatar.lips.warp.motion import plan_motion
from avatar.lips.warp.warp import WarpLips
from avatar.media.subtitles import srt
from avatar.portrait.face import FaceReader
from avatar.portrait.given_picture import bundled_portrait
from avatar.request import make_request
from avatar.voice.presets.pronunciation import pronounce
from avatar.voice.presets.timeline import Utterance, cut_out, join
from avatar.voice.speech import Word
from avatar.weights import digests
from bench.tiny_shapes import TINY
from bench.warp import busy_speech

RATE, LONG_S = 25, 120  # frames a second; the longest video
SENTENCE = "My voice is synthetic, and this picture only seems to speak."
FILE_MIB = 64


@pytest.fixture(scope="module", autouse=True)
def one_thread(tmp_path_factory):
    """And a home of its own, where stamps and settings lie."""
    before = cv2.getNumThreads(), torch.get_num_threads(), os.environ.get("AVATAR_HOME")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.environ["AVATAR_HOME"] = str(tmp_path_factory.mktemp("home"))
    yield
    cv2.setNumThreads(before[0])
    torch.set_num_threads(before[1])
    os.environ.pop("AVATAR_HOME")
    if before[2] is not None:
        os.environ["AVATAR_HOME"] = before[2]


@pytest.fixture(scope="module")
def portrait():
    return bundled_portrait()


@pytest.fixture(scope="module")
def speech():
    return busy_speech(LONG_S)


# ---------------------------------------------------------------- preview


def test_preview_frame(benchmark, portrait, speech):
    """preview: one frame drawn, 512 x 512"""
    motion = plan_motion(speech, 50, RATE, seed=7)
    talking = int(np.argmax(motion.mouth[:, 0]))
    with WarpLips(portrait.picture, portrait.landmarks, threads=1) as lips:
        frame = benchmark(lips.frame, motion.mouth[talking], 0.5, motion.sway[talking])
    assert frame.shape == (768, 512) and np.ptp(frame) > 100


def test_preview_frame_ceiling(benchmark, portrait):
    """OpenCV's bare remap of a whole frame, the least that a warp can do"""
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
    frame = benchmark(cv2.remap, portrait.picture, columns + 0.5, rows + 0.5, cv2.INTER_LINEAR)
    assert frame.shape == portrait.picture.shape


def test_copy_ceiling(benchmark, portrait):
    """a copy of a frame in memory"""
    assert benchmark(portrait.picture.copy).shape == (512, 512, 3)


def test_plan_motion(benchmark, speech):
    """preview: mouth, lids and head planned for 120 s, with phones"""
    motion = benchmark(plan_motion, speech, LONG_S * RATE, RATE, 7)
    assert len(motion) == LONG_S * RATE and motion.mouth[:, 0].max() > 0.5


def test_loudness(benchmark, speech):
    """loudness of 120 s of sound by frame"""
    assert len(benchmark(loudness_envelope, speech.samples, speech.sample_rate, RATE)) == LONG_S * RATE


def test_sway(benchmark):
    """the head's sway planned for 120 s"""
    loudness = np.linspace(0, 1, LONG_S * RATE, dtype=np.float32)
    assert benchmark(plan_sway, loudness, RATE, 7).shape == (LONG_S * RATE, 6)


# ---------------------------------------------------------------- face and full stack's lips


def test_face_landmarks(benchmark, portrait):
    """MediaPipe's landmarks of a frame, 512 x 512"""
    with FaceReader() as reader:
        assert benchmark(reader.largest, portrait.picture).landmarks.shape == (478, 3)


def test_prepare_source_frame(benchmark, portrait):
    """MuseTalk: box, mask and skin of a source frame"""
    assert benchmark(prepare, portrait.picture, portrait.landmarks, Options()).mask.alpha.any()


def test_blend_face(benchmark, portrait):
    """MuseTalk: a drawn face enlarged, matched in tone and blended"""
    prepared, tone = prepare(portrait.picture, portrait.landmarks, Options()), ToneFollower()
    face = np.asarray(cv2.resize(portrait.picture[prepared.box.rows_columns], (256, 256)))[:, :, ::-1].copy()

    def blend() -> np.ndarray:
        drawn = fit_to_box(face, prepared.box, prepared.mask.top)
        drawn = tone.corrected(drawn, prepared.ring, prepared.skin, prepared.box)
        return paste(portrait.picture, drawn, prepared.box, prepared.mask)

    assert (benchmark(blend) != portrait.picture).any()


def test_plan_frames(benchmark, portrait, speech):
    """MuseTalk: what each frame of 120 s shows"""
    rate, count = Fraction(RATE), LONG_S * RATE
    with opened(portrait, rate, count) as source:
        assert len(benchmark(plan_frames, source, speech.samples, rate, count, Options()).shows) == count


@pytest.fixture(scope="module")
def ear() -> Ear:
    from avatar.fit.shapes import build, randomize

    encoder = randomize(build("whisper-encoder", TINY["whisper-encoder"]), torch.device("cpu"), torch.float32)
    return Ear(encoder, notes=[])


def test_mel(benchmark, ear, speech):
    """Whisper's mel spectrum of 10 s of sound, padded to 30 s"""
    samples = speech.samples[: 10 * SAMPLE_RATE]
    made = benchmark(ear._mel, samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
    assert made.input_features.shape == (1, 80, 3000)


def test_windows(benchmark, ear, speech):
    """the windows of sound of 10 s of frames, cut out of what was heard (tiny encoder)"""
    features = AudioFeatures(ear, speech.samples[: 10 * SAMPLE_RATE])
    features.between(0, 10)  # the segment is heard once, before

    def windows() -> torch.Tensor:
        return torch.stack([features.between(*window(frame, Fraction(RATE))) for frame in range(10 * RATE)])

    assert len(benchmark(windows)) == 10 * RATE


# ---------------------------------------------------------------- voice and subtitles


def test_phonemes(benchmark):
    """phonemes of a sentence, with the start of espeak-ng's process"""
    lines, script = benchmark(pronounce, SENTENCE, longest=400)
    assert len(lines) == 1 and len(script.written) == 11


def test_timeline(benchmark):
    """a spoken sentence cut out of its silence, phones and words timed"""
    lines, script = pronounce(SENTENCE, longest=400)
    words = script.written
    sound = busy_speech(5).samples
    boundaries_s = np.linspace(0, 5, len(lines[0].symbols) + 1)

    def timed():
        return join([cut_out(Utterance(sound.copy(), boundaries_s, SAMPLE_RATE), lines[0])], lines, words)

    assert [word.text for word in benchmark(timed).words][:2] == ["My", "voice"]


def test_subtitles(benchmark):
    """subtitles of 120 s"""
    words = SENTENCE.split()
    spoken = [Word(words[i % len(words)], 0.4 * i, 0.4 * i + 0.35) for i in range(LONG_S * 5 // 2)]
    assert benchmark(srt, spoken).count("-->") > 20


# ---------------------------------------------------------------- weights, jobs, settings


@pytest.fixture(scope="module")
def weight(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "weight.safetensors"
    path.write_bytes(np.random.default_rng(7).bytes(FILE_MIB << 20))
    os.utime(path, (1_700_000_000, 1_700_000_000))  # what was changed just now would get no stamp
    return path, digests.file_sha256(path)


def test_sha256(benchmark, weight):
    """sha256 of 64 MiB of weights from the file cache"""
    assert benchmark(digests.file_sha256, weight[0]) == weight[1]


def test_stamp(benchmark, weight):
    """a weight that was hashed before, known by its stamp"""
    path, sha256 = weight
    digests.stamp(path, sha256)
    assert benchmark(digests.is_stamped, path, sha256)


def test_job_identity(benchmark):
    """a request checked, its job's digest"""
    assert len(benchmark(lambda: make_request(text=SENTENCE, seconds=10).digest())) == 64


def test_stage_identity(benchmark):
    """a stage's inputs as a digest"""
    inputs = {"engine": "warp", "version": "1", "seed": 7, "inputs": {str(i): f"{i:064x}" for i in range(20)}}
    assert len(benchmark(cause.digest, inputs)) == 64


def test_source_digest(benchmark):
    """avatar's own files as a digest, once a process"""
    assert benchmark(cause.source_digest.__wrapped__) == cause.source_digest()


def test_code_of_a_stage(benchmark):
    """the code that an engine declares as a digest, once a process"""
    from avatar.lips.warp.engine import WarpLipsEngine

    assert len(benchmark(cause.code_digest.__wrapped__, WarpLipsEngine.code)) == 16


def test_settings(benchmark):
    """settings read from the file and the variables"""
    settings.settings_file().write_text('stack = "full"\nseed = 11\n')
    assert benchmark(settings.load).seed == 11
