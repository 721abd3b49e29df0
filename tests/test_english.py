"""English text to phones by hibari's front end, in the names that the mouth knows."""

from __future__ import annotations

import gzip
import itertools
import json
import subprocess
import sys

import pytest

from avatar.environment.packaged import package_file
from avatar.lips.warp.visemes import VISEME_OF
from avatar.voice.presets import english_data
from avatar.voice.presets.english import LETTER_OF, English, letters
from avatar.voice.presets.pronunciation import NO_WORD, STRESS, is_phone, pronounce
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def american():
    return English()


def test_each_text_of_a_sentence_has_its_own_phones(american):
    said = american.symbols(["We", "read", "555", "(e-mail)", "...", "it yesterday."])
    assert ["".join(symbols) for symbols in said] == [
        "wˌi", "ɹˈɛd", "fˈaɪv hˈʌndɹəd fˈɪfti fˈaɪv", "ˈimˌeɪl", "", "ɪt jˈɛstəɹdˌeɪ"
    ]  # fmt: skip
    assert "".join(american.symbols(["[see](/kˈæt/)", "it"])[0]) == "sˈi"


def test_a_sentence_decides_how_its_words_are_read(american):
    assert "".join(american.symbols(["They", "live", "here."])[1]) == "lˈɪv"
    assert "".join(american.symbols(["A", "live", "show."])[1]) == "lˈaɪv"
    assert "".join(american.symbols(["the", "end"])[0]) == "ði"
    assert "".join(american.symbols(["the", "cat"])[0]) == "ðə"


def test_a_spelled_a_is_no_article(american):
    (line,), _ = pronounce("The AMA meets at 10 a.m. today.", longest=400, english=american)
    assert "".join(line.symbols).count("ˈeɪ") >= 2


def test_accents_differ():
    assert "".join(English("gb").symbols(["a", "hot", "boat"])[1]) == "hˈɒt"
    assert English("gb").symbols(["boat"]) == [["b", "ˈ", "əʊ", "t"]]


def test_names_of_phones_are_known_to_the_mouth_and_come_back_as_the_models_letters(american):
    vocabulary = json.loads(package_file("hibari", "assets/vocab.json").read_text())
    for accent, reader in (("us", american), ("gb", English("gb"))):
        for entry in [word for word in _dictionary(accent, "gold") if word.isalpha()][::300]:
            symbols = reader.symbols([entry])[0]
            unknown = [s for s in symbols if is_phone(s) and not set(s) <= VISEME_OF.keys()]
            assert not unknown, (entry, unknown)
            assert set(letters(symbols)) <= vocabulary.keys(), (entry, symbols)
    assert len(set(LETTER_OF.values())) == len(LETTER_OF)


def _dictionary(accent: str, kind: str) -> dict:
    return json.loads(_content(f"lexicon_{accent}_{kind}.json.gz"))


def _content(name: str) -> bytes:
    return gzip.decompress(package_file("hibari", f"assets/{name}").read_bytes())


def test_what_is_read_only_when_asked_for_is_what_the_files_hold():
    whole = json.loads(_content("tagger.json.gz"))
    tagger = english_data.read("tagger.json.gz")
    assert whole.keys() == tagger.keys()
    assert all(tagger[key] == whole[key] for key in ("tags", "tagdict", "vocab"))
    assert [feature for feature, tags in whole["weights"].items() if tagger["weights"].get(feature) != tags] == []
    assert tagger["weights"].get("w=no such feature") is None
    for accent, kind in itertools.product(("us", "gb"), ("gold", "silver")):
        whole = _dictionary(accent, kind)
        found = english_data.read(f"lexicon_{accent}_{kind}.json.gz")
        words = {*list(whole)[:50], *list(whole)[-50:], *list(whole)[::101]}
        words |= {word for word, entry in whole.items() if isinstance(entry, dict)}
        assert [word for word in words if found.get(word) != whole[word]] == []
        others = {word + end for word in list(whole)[::501] for end in ("", "x", '"', "é", "}", "\ud800")}
        others |= {"", "DEFAULT", "NOUN", "{", ",", "\U0010ffff"}
        assert [word for word in others if found.get(word) != whole.get(word)] == []


def test_what_the_tokenizer_takes_for_special_keeps_its_letters():
    """Whose word a phone is follows from its token's place in the text."""
    special = json.loads(package_file("hibari", "assets/tokenizer_exceptions.json").read_text())
    assert not [text for text, tokens in special.items() if "".join(tokens) != text]


def test_words_of_a_script_are_tied_to_their_phones_and_long_sentences_cut_at_words(american):
    lines, script = pronounce("Nobody stops the extraordinary storyteller " * 30, longest=400, english=american)
    assert max(len(line.symbols) for line in lines) <= 400
    assert [line.symbols[-1] for line in lines[:-1]] == [" "] * (len(lines) - 1)
    tied = [word for line in lines for word in line.words if word != NO_WORD]
    assert tied == sorted(tied)
    assert set(tied) == set(range(len(script.written)))
    assert all(
        is_phone(symbol) is (word != NO_WORD)
        for line in lines
        for symbol, word in zip(line.symbols, line.words, strict=True)
    )
    assert STRESS[0] in lines[0].symbols


def test_nothing_of_hibari_but_its_front_end_is_imported():
    """Its parent package imports scipy where there is one, and holds the code that downloads voices."""
    code = (
        "import sys; from avatar.voice.presets.english import English; English().symbols(['Zyxgorb', 'is', 'near.']);"
        "print([name for name in sys.modules if name.split('.')[0] in ('hibari', 'scipy', 'urllib3')], "
        "'urllib.request' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[] False"
