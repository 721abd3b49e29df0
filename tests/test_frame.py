"""The frame: its size, where the head lies in it, what is behind it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from avatar.errors import RequestError
from avatar.frame.background import colour
from avatar.frame.canvas import canvas
from avatar.frame.layout import POSITIONS, Layout, layout
from avatar.frame.size import LARGEST, NAMED, SMALLEST, drawn, of_picture, parsed
from avatar.lips.box import Box
from avatar.portrait.framing import EYES_AT, Place
from avatar.request import make_request

PHONE = Place(600, 700, 1500, 3024, 4032)  # a picture that a phone took, the head in its upper half
CLOSE = Place(0, 100, 800, 800, 1000)  # the head as wide as the picture


@pytest.mark.parametrize(
    ("size", "pixels"),
    [("square", (1080, 1080)), ("portrait", (1080, 1920)), ("Landscape", (1920, 1080)), ("1280x720", (1280, 720)),
     (" 720X1280 ", (720, 1280)), ("720 x 1280", (720, 1280)), ("512×512", (512, 512)), ("source", None),
     ("9:16", (1080, 1920)), ("16:9", (1920, 1080)), ("1:1", (1080, 1080)), ("4:5", (1080, 1350)), (" 3 : 2", (1620, 1080)), ("21:9", (2520, 1080))],
)  # fmt: skip
def test_sizes_by_name_and_in_pixels(size, pixels):
    assert parsed(size) == pixels


@pytest.mark.parametrize(
    ("size", "said"),
    [("huge", "there is no size"), ("1080", "there is no size"), ("0x0", "128 to 4096"), ("126x720", "128 to 4096"),
     ("8192x4320", "128 to 4096"), ("721x1281", "722x1282 is the next"), ("4096x512", "too narrow"), ("-2x720", "no size"),
     ("99999999x2", "no size"), ("1280x720x3", "no size"), ("", "no size"), ("١٢٨٠x720", "no size"), ("0:1", "no size"), ("1:5", "128 to 4096"), ("9:", "no size")],
)  # fmt: skip
def test_a_size_that_cannot_be_is_refused_in_one_sentence(size, said):
    with pytest.raises(RequestError) as refused:
        make_request(text="Hello.", size=size)
    assert said in str(refused.value) and refused.value.fields == ("size",)


def test_the_size_of_any_picture_is_one_that_can_be_asked_for():
    chance = random.Random(1)
    for _ in range(500):
        width, height = (round(10 ** chance.uniform(0, 4.3)) for _ in range(2))
        found = of_picture(width, height)
        assert parsed(f"{found[0]}x{found[1]}") == found, (width, height)


def place_of(chance: random.Random) -> Place:
    width, height = chance.randint(64, 4096), chance.randint(64, 4096)
    side = chance.randint(64, min(width, height))
    return Place(chance.randint(0, width - side), chance.randint(0, height - side), side, width, height)


@pytest.mark.parametrize("seed", range(200))
def test_the_square_is_inside_the_frame_or_fills_it(seed):
    chance = random.Random(seed)
    place = place_of(chance)
    width, height = (2 * chance.randint(SMALLEST // 2, LARGEST // 2) for _ in range(2))
    laid = layout(place, width, height, chance.choice(["crop", "pad"]), chance.choice(list(POSITIONS)))
    head = laid.head
    assert head.width == head.height and not (head.left % 2 or head.top % 2 or head.width % 2)
    for begin, end, whole in ((head.left, head.right, width), (head.top, head.bottom, height)):
        assert (begin >= 0 and end <= whole) or (begin <= 0 and end >= whole)
    # the picture is where the square says that it is
    scale = head.width / place.side
    assert laid.picture == pytest.approx(
        (head.left - place.left * scale, head.top - place.top * scale, place.width * scale, place.height * scale)
    )
    covered = laid.covered
    assert not covered.empty and covered.left >= 0 and covered.right <= width and covered.bottom <= height


@pytest.mark.parametrize("size", ["portrait", "landscape", "square"])
def test_a_phones_picture_fills_every_frame(size):
    width, height = NAMED[size]
    assert layout(PHONE, width, height).covered == Box(0, 0, width, height)


def test_a_square_frame_has_room_above_the_hair_where_the_picture_reaches():
    """The head's own square may end in the hair."""
    laid = layout(PHONE, 1080, 1080)
    assert laid.is_covered and laid.head == Box(108, 86, 972, 950)
    close = layout(CLOSE, 1080, 1080)
    assert close.is_head_alone and close.is_covered, "the picture reaches no further"
    between = layout(Place(40, 100, 800, 900, 1000), 1080, 1080)
    assert 864 < between.head.width < 1080 and between.is_covered
    assert layout(PHONE, 512, 512).is_head_alone, "the pipeline's own square, with words or without"


def test_a_close_picture_keeps_its_head_whole_and_the_rest_is_background():
    laid = layout(CLOSE, 1920, 1080)
    assert laid.head.height <= 1080 and laid.covered.width < 1920 and laid.covered.height == 1080
    assert (
        layout(CLOSE, 1920, 1080, position="left").head.left
        < laid.head.left
        < layout(CLOSE, 1920, 1080, position="right").head.left
    )


@pytest.mark.parametrize("position", list(POSITIONS))
def test_no_narrow_strip_is_left_beside_a_picture(position):
    """As if it had been laid there by mistake: the picture goes to the frame's edge."""
    for shift in range(0, 300, 7):
        for place in (Place(shift, 100, 600, 1000, 1100), Place(shift, 100, 600, 901, 1400)):
            for fit in ("crop", "pad"):
                covered = layout(place, 1920, 1080, fit, position).covered
                strips = (covered.left, 1920 - covered.right)
                assert sum(strips) < 2 * 0.08 * 1920 or not any(0 < strip < 0.08 * 1920 - 2 for strip in strips), strips


def test_the_whole_picture_is_shown_when_padded():
    laid = layout(PHONE, 1920, 1080, "pad")
    left, top, width, height = laid.picture
    assert height == pytest.approx(1080, abs=3) and left > 0 and left + width < 1920
    assert width / height == pytest.approx(3024 / 4032)


@pytest.mark.parametrize("seed", range(50))
def test_a_whole_picture_in_its_own_size_fills_its_frame(seed):
    chance = random.Random(seed)
    width, height = (2 * chance.randint(150, 1500) for _ in range(2))
    side = chance.randint(120, min(width, height))
    place = Place(chance.randint(0, width - side), chance.randint(0, height - side), side, width, height)
    laid = layout(place, width, height, "pad")
    assert laid.is_covered and max(laid.picture[2] - width, laid.picture[3] - height) <= 2 / side * max(width, height)


def test_eyes_stand_high_in_a_high_frame():
    """And so the words below them stand neither on the mouth nor under a platform's buttons."""
    laid = layout(PHONE, 1080, 1920)
    eyes = laid.head.top + EYES_AT * laid.head.height
    assert 0.30 < eyes / 1920 < 0.45


@pytest.mark.parametrize(
    ("frame", "square"), [((1080, 1920), 1080), ((640, 360), 360), ((3840, 2160), 1080), ((512, 512), 512)]
)
def test_heads_are_drawn_as_large_as_they_are_shown_up_to_1080(frame, square):
    assert drawn(*frame) == square
    assert drawn(*frame, "full") == min(frame), "its networks draw the mouth alone"


def gradient(place: Place) -> np.ndarray:
    """A picture whose colour says where a pixel is from."""
    y, x = np.mgrid[: place.height, : place.width]
    return np.stack([x * 255 // place.width, y * 255 // place.height, np.full_like(x, 90)], -1).astype(np.uint8)


@pytest.mark.parametrize("seed", range(30))
def test_the_canvas_goes_on_where_the_square_ends(seed):
    """Each pixel of the canvas is what the picture has at that place: at the square's edge nothing jumps."""
    chance = random.Random(seed)
    place = place_of(chance)
    laid = layout(place, *chance.choice([(640, 360), (360, 640), (400, 400)]), chance.choice(["crop", "pad"]))
    made = canvas(gradient(place), laid, "#00ff00", None)
    box = laid.covered
    left, top, width, height = laid.picture
    x = np.clip((np.arange(box.left, box.right) + 0.5 - left) / width * 255, 0, 255)
    y = np.clip((np.arange(box.top, box.bottom) + 0.5 - top) / height * 255, 0, 255)
    inside = made[box.rows_columns].astype(float)
    coarse = 2 + 2 * 255 / min(place.width, place.height)  # a pixel of a small picture is many of the frame
    assert np.abs(inside[..., 0] - x[None]).max() <= coarse and np.abs(inside[..., 1] - y[:, None]).max() <= coarse
    outside = np.ones(made.shape[:2], bool)
    outside[box.rows_columns] = False
    assert (made[outside] == (0, 255, 0)).all()


def test_backgrounds():
    picture = np.full((1000, 800, 3), 200, np.uint8)
    laid = layout(CLOSE, 640, 360)
    aside = (180, 5)
    assert tuple(canvas(picture, laid, "white", None)[aside]) == (255, 255, 255)
    assert tuple(canvas(picture, laid, "#102030", None)[aside]) == (16, 32, 48)
    assert tuple(canvas(picture, laid, "blur", None)[aside]) == (124, 124, 124), (
        "dimmed, so that the eye stays with the picture"
    )
    beach = np.full((10, 4, 3), (1, 2, 3), np.uint8)
    assert tuple(canvas(picture, laid, "blur", beach)[aside]) == (1, 2, 3)
    assert tuple(canvas(picture, laid, "blur", beach)[180, 320]) == (200, 200, 200)


def test_a_square_beyond_the_frame_covers_it():
    assert Layout(100, 50, Box(-10, -20, 110, 100), (-10, -20, 120, 120)).is_head_alone
    assert not Layout(100, 50, Box(0, 0, 50, 50), (0, 0, 50, 50)).is_head_alone


@pytest.mark.parametrize(
    ("asked", "rgb"),
    [("#203040", (32, 48, 64)), ("#FFF", (255, 255, 255)), (" #1a9 ", (17, 170, 153)), ("Teal", (0, 128, 128))],
)
def test_what_a_colour_may_be_called(asked, rgb):
    assert colour(asked) == rgb


@pytest.mark.parametrize("asked", ["#ff", "#ffff", "#fffff", "#ggg", "fff", "#FFFFFF80", "#١٢٣", "rgb(1,2,3)", ""])
def test_what_no_colour_is_called(asked):
    with pytest.raises(ValueError, match="there is no background"):
        colour(asked)


def test_colours_and_pictures_for_the_background_exclude_each_other(tmp_path):
    with pytest.raises(RequestError) as refused:
        make_request(text="Hi.", background="white", backdrop=tmp_path / "beach.jpg")
    assert refused.value.fields == ("background", "backdrop")
    with pytest.raises(RequestError, match="there is no background 'hotpnik'"):
        make_request(text="Hi.", background="hotpnik")


def test_what_is_not_asked_for_does_not_change_a_requests_digest():
    """Jobs that were made before there were frames are found again."""
    assert make_request(text="hi").digest() == "05ed94d5ae9c3b6fc78569e44ef3fa51bf3157b5520867b6a15964e425605646"
    assert make_request(text="hi", position="center").digest() == make_request(text="hi").digest()
    assert make_request(text="hi", size="square").digest() != make_request(text="hi").digest()
