"""The limits have one home, and everything that is asked for within them is taken."""

from __future__ import annotations

import pytest

from avatar import limits
from avatar.errors import RequestError
from avatar.request import make_request
from avatar.voice.xtts.text import MOST_CHARACTERS


def test_the_languages_are_those_that_xtts_knows():
    assert set(limits.LANGUAGES) == set(MOST_CHARACTERS)


@pytest.mark.parametrize(
    ("field", "most", "more"),
    [
        ("seconds", limits.LONGEST_S, limits.LONGEST_S + 1),
        ("seed", limits.SEEDS - 1, limits.SEEDS),
        ("tries", limits.MOST_TRIES, limits.MOST_TRIES + 1),
        ("language", limits.LANGUAGES[-1], "xx"),
    ],
)
def test_a_request_may_have_the_most_and_no_more(field, most, more):
    need = {"stack": "full", "prompt": "a sailor"} if field == "tries" else {}
    assert getattr(make_request(text="Hello.", **need, **{field: most}), field) == most
    with pytest.raises(RequestError, match="the value should be "):
        make_request(text="Hello.", **need, **{field: more})
