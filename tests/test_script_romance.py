"""Spanish, French, Italian and Portuguese: what a voice is given for every class of token, and for a page of each."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from avatar.script.reader import read
from tests.test_script_spoken import pairs, spoken, words

DATA = Path(__file__).parent / "data"
LANGUAGES = ["es", "fr", "it", "pt"]
ROWS = [(language, *row) for language in LANGUAGES for row in pairs(language)]

pytestmark = pytest.mark.usefixtures("full_environment")  # num2words


@pytest.mark.parametrize(("language", "kind", "written", "said"), ROWS)
def test_written_and_spoken(language, kind, written, said):
    assert words(spoken(written, language)) == words(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_has_rows(language):
    kinds = [kind for kind, *_ in pairs(language)]
    assert len(kinds) >= 80
    assert set(kinds) >= {
        "numbers", "money", "percent", "dates", "times", "phones", "units", "ranges", "fractions", "roman", "ordinals",
        "acronyms", "addresses", "abbreviations", "signs",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_page(language):
    """A page of everyday text: at most two of a hundred words are wrong, and no digit or sign is left."""
    written, said = ((DATA / f"page.{language}{end}").read_text() for end in (".txt", ".spoken.txt"))
    found, right = words(spoken(written, language)), words(said)
    same = sum(block.size for block in difflib.SequenceMatcher(a=found, b=right, autojunk=False).get_matching_blocks())
    assert len(right) > 120
    assert max(len(found), len(right)) - same <= 0.02 * len(right), list(
        difflib.unified_diff(right, found, lineterm="")
    )
    assert not any(character.isdigit() for character in " ".join(found))


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("es", "Pan, vino, etc. Llame al 112. Fue en el 44 a. C. César murió.", 4),
        ("es", "Vino el Sr. Gil. ¿Quién? El Dr. Paz, p. ej., de EE. UU. y Perú. Hay 3 más, etc. El resto no.", 5),
        ("es", "Abre a las 8 p. m. y cierra tarde. Cuesta 2.500 €. 5 vinieron. Dijo: «¡No!». Y se fue.", 5),
        ("es", "El 1.º de mayo. La 2.ª vez. La empresa S. A. vendió el n.º 5. J. R. Gil lo sabe…", 4),
        (
            "fr",
            "M. Roy est là. Et Mme Blanc ? Le Dr Noir, p. ex., dort. Il y a du pain, du lait, etc. Le reste non !",
            5,
        ),
        ("fr", "Il dit : « Oui ! » Puis il part à 8 h. Le XXe s. commence. En 52 av. J.-C. tout change… Fin.", 5),
        ("it", "Pane, vino, ecc. Chiami il 112. Roma, ecc. ecc., era lì.", 3),
        ("it", "È il Sig. Gil. E la Dott.ssa Po? L'avv. Blu, ad es., dorme. Ho pane, latte, ecc. Il resto no!", 5),
        (
            "it",
            "Via S. Pietro, n. 5. La S.p.A. vende alle ore 9.30. Sì, è così. Dov'è l'art. 5? Nel 44 a.C. era qui.",
            5,
        ),
        ("pt", "É o Sr. Gil. E a Dra. Paz? O Prof. Lima, p. ex., dorme. Há pão, leite, etc. O resto não!", 5),
        ("pt", "Na Av. Brasil, n.º 5. A Cia. Ltda. vende às 9h. Sim, é. Mas não sei. D. Ana vem em 44 a.C. e vai.", 5),
    ],
)
def test_sentence_ends(language, text, sentences):
    """Not after titles, ordinals and abbreviations; after "etc." where a new sentence begins."""
    found = read(text, language).sentences
    assert len(found) == sentences, [each.spoken for each in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_prose_stays_as_it_is(language):
    """Words that look like abbreviations, months, units or numerals elsewhere."""
    text = (DATA / f"prose.{language}.txt").read_text()
    changed = [
        (word.written, word.spoken)
        for sentence in read(text, language).sentences
        for word in sentence.words
        if words(word.written) != words(word.spoken)
    ]
    assert changed == []
