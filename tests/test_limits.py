"""The limits have one home, and everything that is asked for within them is taken."""

from __future__ import annotations

from typing import get_args

import pytest

from avatar import limits
from avatar.errors import RequestError
from avatar.request import make_request
from avatar.voice.xtts.text import MOST_CHARACTERS


def test_the_languages_are_those_that_xtts_knows():
    assert set(limits.LANGUAGES) == set(MOST_CHARACTERS)
    assert get_args(limits.Language) == limits.LANGUAGES


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


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("pt-BR", "pt"), ("en_US", "en"), (" DE ", "de"), ("es-419", "es"), ("zh", "zh-cn"), ("zh-Hans-SG", "zh-cn"),
        ("zh-CN", "zh-cn"), ("zh-TW", "zh-TW"), ("zh_Hant_HK", "zh_Hant_HK"), ("xx-YY", "xx-YY"), ("", ""), ("eng", "eng"),
    ],
)  # fmt: skip
def test_a_tag_with_a_region_is_its_language(tag, language):
    assert limits.language_from_tag(tag) == language


def test_a_request_takes_a_tag_and_two_spellings_ask_for_the_same():
    one, other = (make_request(text="Bom dia a todos.", language=tag) for tag in ("pt-BR", "pt"))
    assert one.language == "pt" and one.digest() == other.digest()
    with pytest.raises(RequestError, match="'en', 'es'"):
        make_request(text="Bom dia a todos.", language="zh-TW")
