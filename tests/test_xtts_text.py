"""How a text is split for XTTS; no model is loaded."""

from __future__ import annotations

import pytest

from avatar.errors import RequestError

torch = pytest.importorskip("torch")

from avatar.script.scan import Word  # noqa: E402
from avatar.voice import pieces as pieces_of  # noqa: E402
from avatar.voice.xtts import text as xtts_text  # noqa: E402
from tests import xtts_voice  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


def test_long_sentences_are_cut_at_commas_within_the_limit_of_the_language():
    text = ("one two three four five, six seven eight nine ten, " * 12).strip()
    for language, most in xtts_text.MOST_CHARACTERS.items():
        pieces = xtts_text.split(text, language)
        assert [word.written for piece in pieces for word in piece.words] == text.split()
        assert all(len(piece.spoken) <= most for piece in pieces)
        assert all(piece.words[-1].written.endswith(",") for piece in pieces)
        assert {piece.pause_s for piece in pieces[:-1]} == {pieces_of.CUT_PAUSE_S}


def test_sentences_of_arabic_and_hindi_end_at_their_own_marks():
    assert [piece.words[-1].written for piece in xtts_text.split("नमस्ते दुनिया। आप कैसे हैं? हाँ", "hi")] == [
        "दुनिया।",
        "हैं?",
        "हाँ",
    ]
    assert [piece.words[-1].written for piece in xtts_text.split("كيف حالك؟ أنا بخير.", "ar")] == ["حالك؟", "بخير."]


def test_markup_and_emoji_are_not_read_out():
    piece = pieces_of.Piece(tuple(Word(text, text) for text in ("[de]", "*Hello*", "🙂", "`you`!")), 0.0)
    assert xtts_text.spoken_form(piece, "en") == "de Hello you !"


def test_letters_that_are_written_as_one_sign_or_wide_are_spoken():
    piece = pieces_of.Piece(tuple(Word(text, text) for text in ("ﬂow", "oﬃce", "Ｆｕｌｌ")), 0.0)
    assert xtts_text.spoken_form(piece, "en") == "flow office Full"


@pytest.mark.parametrize("text, message", [("🙂 — *", "nothing in the text"), ("a" * 251, "has 251 characters")])
def test_a_text_that_cannot_be_spoken(text, message):
    with pytest.raises(RequestError, match=message):
        xtts_text.split(text, "en")
