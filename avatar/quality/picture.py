"""What a picture measures: is there one face, and can it be animated?"""

from __future__ import annotations

from pathlib import Path

from avatar.errors import InputError
from avatar.limits import SMALLEST_FACE
from avatar.portrait.covered import covered_note
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import choose_face, outside_note, refuse_unusable
from avatar.portrait.given_picture import MOST_FACES, framed
from avatar.portrait.picture import read_picture
from avatar.portrait.seen_again import seen_again
from avatar.portrait.upright import refuse_lying


def check_picture(path: Path) -> dict:
    """Its size as it is used (large ones are shrunk), and every face with its place, size and pose, left to right."""
    rgb = read_picture(path)
    height, width = rgb.shape[:2]
    with FaceReader(max_faces=MOST_FACES) as reader:
        faces = reader.read(rgb)
        failed, warnings = [], []
        try:
            refuse_lying(reader, rgb, faces)
            faces = seen_again(reader, rgb, faces)
            face = choose_face(faces, None, width, height)
            portrait = framed(reader, rgb, face)
            notes = outside_note(face, width, height), covered_note(reader, portrait.picture, portrait.landmarks)
            warnings += [note for note in notes if note]
        except InputError as reason:
            failed.append(str(reason))
    return {
        "kind": "picture",
        "width": width,
        "height": height,
        "faces": [_describe(face, width, height) for face in faces],
        "warnings": warnings,
        "failed": failed,
    }


def lines(report: dict) -> list[str]:
    rows = [f"{'size':<12}{report['width']} x {report['height']} pixels", f"{'faces':<12}{len(report['faces'])}"]
    for number, face in enumerate(report["faces"], start=1):
        left, top, right, bottom = face["box"]
        rows.append(
            f"{f'face {number}':<12}{face['width']:.0f} pixels wide, at x {left}-{right}, y {top}-{bottom}, tilted by "
            f"{face['tilt_degrees']:.0f}, turned by {face['turn_degrees']:.0f} degrees"
        )
    return rows + [f"{'warning':<12}{warning}" for warning in report["warnings"]]


def _describe(face: Face, width: int, height: int) -> dict:
    try:
        refuse_unusable(face, width, height)
        usable = face.width >= SMALLEST_FACE
    except InputError:
        usable = False
    return {
        "box": [round(edge) for edge in face.box],
        "width": round(face.width, 1),
        "tilt_degrees": round(face.tilt, 1),
        "turn_degrees": round(face.turn, 1),
        "usable": usable,
    }
