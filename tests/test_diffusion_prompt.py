"""What a portrait is asked for with: numbers in their ranges, and words that fit beside the frame around them."""

from __future__ import annotations

import random
import re

import pytest

pytest.importorskip("torch")

from avatar.engines import Told
from avatar.errors import InputError, RequestError
from avatar.portrait.diffusion import model
from avatar.portrait.diffusion import prompt as diffusion_prompt
from avatar.portrait.diffusion.engine import DiffusionPortrait
from tests import tiny_diffusion
from tests.tiny_diffusion import asked_for, wanted

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models, files = tiny_diffusion.checkpoint, tiny_diffusion.models, tiny_diffusion.files


@pytest.fixture(scope="module")
def tokenizer(files):
    return model.read_tokenizer(files)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"prompt": None}, ["prompt", "no words"]),
        ({"prompt": ""}, ["prompt", "no words"]),
        ({"prompt": " \n "}, ["prompt", "no words"]),
        ({"prompt": "?!"}, ["prompt", "no words"]),
        ({"prompt": "a\x07b"}, ["U+0007", "position 2"]),
        ({"prompt": "word " * 300}, ["1,500 characters", "1,000"]),
        ({"negative_prompt": "!"}, ["negative prompt", "no words"]),
        ({"size": 500}, ["500", "multiple of 8"]),
        ({"size": 248}, ["248", "256"]),
        ({"size": 1032}, ["1032", "1024"]),
        ({"size": -512}, ["-512"]),
        ({"steps": 0}, ["0 steps"]),
        ({"steps": 151}, ["151 steps", "150"]),
        ({"tries": 0}, ["0 tries"]),
        ({"tries": 33}, ["33 tries", "32"]),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused_before_anything_loads(asked, words):
    with pytest.raises(RequestError) as caught:
        DiffusionPortrait.check(wanted(**asked))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_prompt_that_is_too_long_says_what_was_left_out():
    told = Told()
    with pytest.raises(InputError), DiffusionPortrait.load() as engine:
        asked_for(engine, told, prompt="an old woman with grey hair, " * 10, tries=1)
    (note,) = [note for note in told.notes if "longer" in note]
    left_out = re.search("left out: '(.*)'", note)[1]
    assert "77 tokens" in note and left_out.endswith("grey hair")
    assert told.facts["prompt"].startswith("portrait photo of an old woman")
    assert told.facts["prompt"].endswith("sharp focus")


def test_any_words_leave_room_for_the_frame_around_them(tokenizer):
    choice = random.Random(5)
    pieces = ["\t", *re.split(" ", "woman grey 2026 ... - ?! it's Ünïcödé é́ 男 🙂 (a:1.2) supercalifragilistic")]
    cut = 0
    for _ in range(300):
        words = choice.choice(["", " "]).join(choice.choices(pieces, k=choice.randint(1, 60)))
        for make in (diffusion_prompt.wanted, diffusion_prompt.unwanted):
            text, left_out = make(words, tokenizer)
            assert len(tokenizer(text).input_ids) <= 77, words
            assert "mouth" in text
            cut += bool(left_out)
    assert 100 < cut < 600


def test_words_that_fit_are_kept_whole(tokenizer):
    text, left_out = diffusion_prompt.wanted("  an old\n woman,  with {grey} hair. ", tokenizer)
    assert text == diffusion_prompt.TEMPLATE.format("an old woman, with {grey} hair") and left_out == ""
    assert diffusion_prompt.unwanted("", tokenizer) == (diffusion_prompt.NEGATIVE, "")
    assert diffusion_prompt.unwanted("beard", tokenizer) == (f"beard, {diffusion_prompt.NEGATIVE}", "")
    long = diffusion_prompt.wanted("x" * 100, tokenizer)[1]  # one word alone is cut inside
    assert 0 < len(long) < 100
