"""Numbers that agree with the noun after them, in Romance languages: veintiuna personas, duas mesas, une page."""

from __future__ import annotations

import re
from typing import ClassVar

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import LETTER, Place


class Agreeing(Language):
    feminine: ClassVar[frozenset[str]] = frozenset()  # whose ending does not tell
    masculine: ClassVar[frozenset[str]] = frozenset()
    feminine_endings: ClassVar[tuple[str, ...]] = ()
    masculine_endings: ClassVar[tuple[str, ...]] = ()  # longer ones, which come before those
    feminine_plurals: ClassVar[tuple[str, ...]] = ()
    not_nouns: ClassVar[frozenset[str]] = frozenset()  # what may stand after a number and is not counted by it
    plural: ClassVar[str] = "s"  # letters that plurals end with
    labels: ClassVar[frozenset[str]] = frozenset()  # nouns that a number names and does not count: page 1
    hours: ClassVar[frozenset[str]] = frozenset()  # before an hour without its noun: "a las 21"
    the: ClassVar[frozenset[str]] = frozenset()  # articles: after them 1 and an ordinal are no count

    def is_feminine(self, noun: str) -> bool:
        noun = re.split(r"[^\w'’-]", noun.lower().strip())[0]
        for form in (noun, noun.removesuffix("es"), noun.removesuffix("s")):
            if form in self.feminine:
                return True
            if form in self.masculine:
                return False
        if self.masculine_endings and noun.endswith(self.masculine_endings):
            return False
        return noun.endswith(self.feminine_endings)

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """A number in words as it stands before a noun."""
        return words

    def counted(self, text: str, forms: Forms) -> str:
        said = self.number(text)
        if not self.value(text)[1]:
            said = self.agreeing(said, forms[0], feminine=self.is_feminine(forms[0]))
        return f"{said} {self.form(text, forms)}".replace("' ", "'")

    def number_at(self, text: str, place: Place) -> str:
        said = self.number(text)
        whole, decimals = self.value(text)
        other = re.match(rf"\s(?:y|e|et|o|ou|u|a|à)\s\d+\s({LETTER}{{3,}})", place.after)  # 1 o 2 horas
        of_two = bool(other) or bool(re.search(r"\d\s?[-–]\s?\d", place.line[place.start : place.end]))
        noun = other[1] if other else next_word(place)
        if not decimals and not noun and self.is_hour(place):
            return self.agreeing(said, "", feminine=True)
        if decimals or not noun or noun.lower() in self.not_nouns or self.is_named(place):
            return said
        if of_two and noun.istitle():  # 3-1 Barça
            return said
        if of_two:  # uno o dos días, una o dos horas
            is_feminine = self.is_feminine(noun) or noun.endswith(self.feminine_plurals)
            return self.agreeing(said, "", feminine=True) if is_feminine else said
        is_plural = noun.lower().endswith(tuple(self.plural))
        if int(whole) == 1 and (place.word_before() in self.the or is_plural and self.plural == "s"):
            return said
        if int(whole) > 1 and not is_plural:
            return said
        return self.agreeing(said, noun, feminine=self.is_feminine(noun))

    def is_named(self, place: Place) -> bool:
        """Page 1, but not after a comma: 1 page, 1 livre."""
        return place.word_before() in self.labels and not re.search(r"[,;:!?]\s*$", place.before)

    def is_hour(self, place: Place) -> bool:
        return place.word_before() in self.hours


def next_word(place: Place) -> str:
    """The word right after it, "" where a mark or nothing stands there."""
    found = re.match(rf"\s({LETTER}{{2,}})", place.after)
    return found[1] if found else ""
