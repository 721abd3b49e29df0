"""Spanish, French, Italian and Portuguese: what a voice is given for every class of token, and for a page of each."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

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
