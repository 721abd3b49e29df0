"""Which language a text seems to be in, by its small words: a voice of another one reads it without a word of complaint."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAMES = {"en": "English", "es": "Spanish", "fr": "French", "de": "German", "it": "Italian", "pt": "Portuguese", "nl": "Dutch",
         "pl": "Polish", "cs": "Czech", "tr": "Turkish", "hu": "Hungarian"}  # fmt: skip
SMALL_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and of to is in that it you for with are this have was not be we your they from what a an i he she my our on at by "
        "as or but if so do does will can no me his her its their there here how when who all more one up out about just like get "
        "them then than these those has had were been would could should into over now only also very because today hello welcome "
        "thank thanks please let don't it's i'm you're we're come die man war son sale hat ten rest pour pain",
        "es": "el la los las de del que y en un una por con para es lo como más pero sus su le ya este esta esto porque muy también "
        "hasta donde hoy hola me llamo gracias bienvenidos bienvenido sin sobre entre cuando todo nos soy somos son está están no se "
        "mi tu qué cómo hay ser puede vamos aprender día aquí",
        "fr": "le la les de des du et en un une que qui est pour dans par plus pas au aux sur ne ce cette il elle nous vous sont avec "
        "mais ou son sa ses leur je tu on bonjour bienvenue merci aujourd'hui c'est être fait tout comme bien très aussi sans "
        "notre votre nos vos ces mon ma mes à où",
        "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine einen einer als auch es an werden aus er "
        "hat dass sie nach wird bei um am sind noch wie wir über ich so hallo heute mein meine danke willkommen ihr euch uns was "
        "man kann aber oder wenn nur zum zur vom haben sein war mehr schon sehr hier",
        "it": "il lo la gli le di e che in un una a per è sono del della dei delle con non si da come ma anche più nel nella al alla "
        "ciao oggi mi chiamo grazie benvenuti questo questa i suo sua ha ho se quando dove tutto molto nostro vostro cosa sul sulla "
        "ed o dal dalla perché abbiamo siamo buongiorno",
        "pt": "o a os as de do da dos das que e em um uma para é com não no na nos nas por mais se como mas foi ao à ele ela tem seu "
        "sua ou olá hoje meu minha obrigado obrigada bem-vindos este esta isso muito também já são você vocês está nós eu quando "
        "onde sobre pelo pela até",
        "nl": "de het een en van ik te dat die in je niet zijn is op aan met als voor er maar om hem dan zij wij we ook bij naar uit "
        "nog wel kan hallo welkom vandaag mijn dit deze wat hoe door over heeft hebben wordt geen of",
        "pl": "w i na z się do nie że to jest o jak ale po co dla tym od za jego są czy tak być już przez dziś dzień cześć witam mam "
        "nas tylko który która jestem oraz",
        "cs": "a se na v je že to s z do o i by jsem si ale jak tak pro za co po od jsou nebo být které který dnes ahoj vítejte jsme "
        "není také aby když už",
        "tr": "ve bir bu da de için ile çok ne gibi daha en ben sen biz siz var yok mi mı olarak olan bugün merhaba ama kadar sonra "
        "değil her şey",
        "hu": "a az és hogy nem is egy ez meg csak de ha van volt el már mint még ki mi ma szia vagyok nagyon minden vagy lesz most",
    }.items()
}
LEAST_WORDS = 3  # small words, each counted once: fewer may be names
LEAST_SHARE = 0.15  # of all different words
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def seems(text: str, asked: str) -> str | None:
    """The language that the text seems to be in, where that is clearly another one than asked for; else None."""
    words = {word.replace("’", "'") for word in WORD.findall(text.lower())}
    if asked not in SMALL_WORDS or not words:
        return None
    found = {code: count(words, small) for code, small in SMALL_WORDS.items()}
    best = max(found, key=lambda code: (found[code], code == asked))
    is_clear = found[best] >= max(LEAST_WORDS, 2 * found[asked] + 1, LEAST_SHARE * len(words))
    others = [number for code, number in found.items() if code not in (best, asked)]
    return best if best != asked and is_clear and found[best] > max(others) else None


def remark(text: str, asked: str, what: str = "text") -> list[str]:
    """A note on a text that seems to be in another language than asked for; none otherwise."""
    other = seems(text, asked)
    if other is None:
        return []
    return [
        f"the {what} seems to be in {NAMES[other]}, and is read as {NAMES[asked]}; if it is, choose the language {other}."
    ]


def count(words: Iterable[str], small: frozenset[str]) -> int:
    return sum(word in small for word in words)
