"""What a request can say about MuseTalk: its limits, and the way from the command line to the engine."""

from __future__ import annotations

import pytest

from avatar.errors import RequestError
from avatar.lips.musetalk.options import Options
from avatar.request import LIPS_FIELDS, make_request
from avatar.stacks import stack_for


def ask(**fields: object):
    return make_request(text="Hello.", stack="full", **fields)


def test_what_is_asked_for_is_what_the_engine_gets_and_the_rest_is_its_default():
    request = ask(lips_region="lips", lips_shift=-0.5)
    assert stack_for(request).lips_options(request) == Options(region="lips", shift=-0.5)
    request = ask(lips_margin=0.1)
    assert stack_for(request).lips_options(request) == Options(margin=0.1)
    assert ask(lips_shift=0.0).digest() != ask(lips_shift=0.5).digest()


@pytest.mark.parametrize("field", LIPS_FIELDS)
def test_each_field_is_one_of_the_options(field):
    value = {"lips_region": "full", "lips_shift": 1.0, "lips_margin": 0.0}[field]
    request = ask(**{field: value})
    assert stack_for(request).lips_options(request) != Options()


@pytest.mark.parametrize(
    ("field", "value"),
    [("lips_region", "chin"), ("lips_shift", -1.01), ("lips_shift", float("nan")), ("lips_margin", 0.11),
     ("lips_margin", -0.01)],
)  # fmt: skip
def test_a_request_takes_what_the_engine_takes(field, value):
    with pytest.raises(RequestError) as refused:
        ask(**{field: value})
    assert refused.value.fields == (field,)
    with pytest.raises(RequestError):
        Options(**{field.removeprefix("lips_"): value})


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [("shift", -1, 1), ("margin", 0, 0.1), ("boundary", 0.4, 0.6), ("feather", 0.02, 0.1), ("smoothing", 0, 0.3),
     ("overlap_s", 0, 5)],
)  # fmt: skip
def test_the_ends_of_a_range_are_taken_and_what_lies_beyond_is_refused(field, least, most):
    assert getattr(Options(**{field: least}), field) == least and getattr(Options(**{field: most}), field) == most
    for value in (least - 0.001, most + 0.001, float("nan")):
        with pytest.raises(RequestError, match=f"the lips' {field} is .*; it takes {least:g} to {most:g}"):
            Options(**{field: value})


@pytest.mark.parametrize(("field", "value"), [("region", "chin"), ("loop", "bounce")])
def test_options_outside_their_range_are_refused(field, value):
    with pytest.raises(RequestError, match=field):
        Options(**{field: value})


@pytest.mark.parametrize(("option", "value"), [("region", "lips"), ("shift", "-0.5"), ("margin", "0.1")])
def test_the_preview_stack_refuses_them_by_name(avatar, option, value):
    done = avatar("pipeline", "run", "--text", "Hello.", "--stack", "preview", f"--lips-{option}", value)
    assert done.code == 2
    assert f"--lips-{option}: this is for the full stack; choose that one (--stack full)." in done.stderr


def test_there_is_no_sheet_of_shifts_of_a_preview_job(avatar, finished_home, finished_job, monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_HOME", str(finished_home))
    done = avatar("pipeline", "shifts", finished_job.id, "-o", tmp_path / "sheet.png")
    assert done.code == 2 and "is of the preview stack" in done.stderr
    assert not list(tmp_path.iterdir())
