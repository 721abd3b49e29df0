"""What a voice is given for every class of token: written -> spoken, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avatar.script.reader import read

DATA = Path(__file__).parent / "data"


def pairs(language: str) -> list[tuple[str, str, str]]:
    """(class, written, spoken) of a language's file."""
    found, kind = [], ""
    for line in (DATA / f"spoken.{language}.txt").read_text().splitlines():
        if line.startswith("## ") and "=>" not in line:
            kind = line[3:]
        elif "=>" in line and kind:
            written, _, spoken = line.partition("=>")
            found.append((kind, written.strip(), spoken.strip()))
    return found


def words(text: str) -> list[str]:
    """Lower case without punctuation; an apostrophe inside of a word stays."""
    text = re.sub(r"[-–—_]", " ", text.lower().replace("’", "'"))
    return re.sub(r"[^\w' ]|(?<!\w)'(?!n')|(?<=[a-z] )'(?=s\b)|(?<!\w\w)'(?=s\b)", " ", text).split()


def spoken(text: str, language: str = "en") -> str:
    return " ".join(sentence.spoken for sentence in read(text, language).sentences)


@pytest.mark.parametrize(("kind", "written", "said"), pairs("en"))
def test_english(kind, written, said):
    assert words(spoken(written)) == words(said)


@pytest.mark.usefixtures("full_environment")
def test_the_cleaner_of_xtts_changes_nothing_of_what_is_spoken():
    """It would read "4:00" as "four:zero"."""
    tokenizer = pytest.importorskip("TTS.tts.layers.xtts.tokenizer")
    from avatar.voice.xtts import text as xtts_text

    for _, written, _ in pairs("en"):
        for piece in xtts_text.split(written, "en"):
            given = xtts_text.spoken_form(piece, "en").lower().replace('"', "")
            assert tokenizer.multilingual_cleaners(given, "en").strip() == given


def test_each_class_has_fifteen():
    kinds = [kind for kind, *_ in pairs("en")]
    assert {kind: kinds.count(kind) for kind in set(kinds) if kinds.count(kind) < 15} == {"joined": 12}


# In every other language of the full stack at least: numbers, percent, money and where sentences end.
@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("pl", "Kosztuje 5 zł, czyli 3,75 %. To 12 km.", ["Kosztuje pięć złotych, czyli trzy przecinek siedemdziesiąt pięć procent.", "To dwanaście kilometrów."]),
        ("pl", "Wzięła np. 2 kg i 1 km.", ["Wzięła na przykład dwa kilogramy i jeden kilometr."]),
        ("cs", "Stojí 5 Kč, tj. 25 %. Je to 2 km.", ["Stojí pět korun, to jest dvacet pět procent.", "Je to dva kilometry."]),
        ("ru", "Это стоит 5 руб. или 21 %. Он прошёл 3 км.", ["Это стоит пять рублей или двадцать один процент.", "Он прошёл три километра."]),
        ("ru", "Цена 12,50 €. И т. д.", ["Цена двенадцать евро пятьдесят центов.", "И так далее."]),
        ("nl", "Het kost € 12,50, bijv. 5 %. Om 14:30 uur.", ["Het kost twaalf euro vijftig, bijvoorbeeld vijf procent.", "Om veertien uur dertig."]),
        ("tr", "Fiyatı 5 TL değil, 12,5 km. Yani %20.", ["Fiyatı beş lira değil, on iki virgül beş kilometre.", "Yani yüzde yirmi."]),
        ("hu", "Ez 5 €, kb. 20 %. Ez 3 km.", ["Ez öt euró, körülbelül húsz százalék.", "Ez három kilométer."]),
        ("ar", "كيف حالك؟ السعر 5 $.", ["كيف حالك؟", "السعر خمسة دولارات."]),
        ("ko", "값은 5% 입니다. 3 km 입니다.", ["값은 오 퍼센트 입니다.", "삼 킬로미터 입니다."]),
        ("hi", "यह 25% है। मेरे 5 घर हैं।", ["यह पच्चीस प्रतिशत है।", "मेरे पाँच घर हैं।"]),
        ("hi", "१२ और 1,25,000", ["बारह और एक लाख पच्चीस हज़ार."]),
    ],
)  # fmt: skip
def test_other_languages(language, written, said):
    if language != "hi":
        pytest.importorskip("num2words")
    assert [sentence.spoken for sentence in read(written, language).sentences] == said
