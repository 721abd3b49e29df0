"""Markdown and its like: what of a script is mark-up and not said, and what it makes of the lines."""

from __future__ import annotations

import pytest

from avatar.script.reader import read
from tests.test_script import clauses, sentences


@pytest.mark.parametrize("item", ["-", "*", "1.", "  -", "- [ ]"])
@pytest.mark.parametrize("wrapped", ["and goes\n  on here", "and goes\non here", "with\n  Anna"])
def test_an_item_that_was_wrapped_is_one(item, wrapped):
    """No pause, and no comma in the captions, where an editor ended the line."""
    assert f"First {' '.join(wrapped.split())}," in " ".join(read(f"{item} First {wrapped}\n{item} Second").written)
    assert " ".join(read(f"{item} First\n\n  Second").written).endswith("First Second")


def test_a_lists_number_stays_with_its_item():
    found = read("Steps:\n1. Mix it.\n2. Bake it.").sentences
    assert [each.spoken for each in found] == ["Steps: one, Mix it.", "two, Bake it."]
    assert sentences("1. Mix it.\n2. Bake it.") == ["1. Mix it.", "2. Bake it."]


def test_a_headings_number_stays_with_its_words():
    assert [each.spoken for each in read("## 2. Second part\nText.").sentences] == ["two, Second part", "Text."]
    assert sentences("# 2. Second part\nText.") == ["2. Second part", "Text."]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1. A\n1. B\n1. C", "1. A, 2. B, 3. C"), ("1. A\n\n1. B", "1. A 2. B"), ("1. A\n   1. a\n   1. b", "1. A, 1. a, 2. b"),
     ("1. A\n\nText.\n\n1. B", "1. A Text. 1. B"), ("1. A\n  goes on\n1. B", "1. A goes on, 2. B"), ("2) A\n2) B", "2) A, 3) B"),
     ("3. A\n2. B\n1. C", "3. A, 2. B, 1. C"), ("1. A\n- b\n1. C", "1. A, b, 2. C")],
)  # fmt: skip
def test_items_with_one_number_are_counted_as_markdown_shows_them(text, shown):
    assert " ".join(read(text).written) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("> [!TIP]\n> Use it.", "Use it."), ("> [!note]- Title\n> Text.", "Title Text."), ("see [[Page]] and [[page|that one]]", "see Page and that one"),
     ("![[picture.png]] text", "text"), ("==this== and a == b", "this and a == b"), ("[!] look", "[!] look")],
)  # fmt: skip
def test_marks_of_obsidian_and_github_are_none_of_the_text(text, shown):
    assert " ".join(read(text).written) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("# Title\nText", "Title Text"), ("*bold* and **bold** and ***bold***", "bold and bold and bold"),
     ("_so_ and __so__", "so and so"), ("a_b_c and 2*3*4", "a_b_c and 2*3*4"), ("[here](http://x.org/a_b)", "here"),
     ("![picture](a.png) text", "picture text"), ("<b>bold</b> &amp; done", "bold & done"), ("1 < 2 > 1", "1 < 2 > 1"),
     ("---\ntext\n***", "text"), ("> quoted\n> on", "quoted on"), ("`code` here", "code here"), ("| a | b |\n|---|---|\n| c | d |", "a, b, c, d"),
     ("text[^1] more", "text more"), ("She said: \"Hi.\"Then left.", "She said: \"Hi.\" Then left."), ("end.Then on", "end. Then on"),
     ("see a.b/c.Dd", "see a.b/c.Dd"), ("<!-- hidden --> seen", "seen"), ("<script>alert(1)</script> seen", "seen"),
     ("5 * 3 * 2", "5 * 3 * 2"), ("---\ntitle: no\n---\ntext", "text"), ("see [it][1]\n\n[1]: http://x.org", "see it"), ("~~gone~~ here", "gone here"), ("- [x] done", "done"), (r"\*kept\*", "*kept*")],
)  # fmt: skip
def test_captions_are_without_markup(text, shown):
    assert " ".join(read(text).written) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [(r"It costs \$5, not \$6.", "It costs $5, not $6."), (r"From \$2 to \$3 a\_b.", "From $2 to $3 a_b."),
     (r"A \& B, 100\% \"sure\", it\'s a\=b.", "A & B, 100% \"sure\", it's a=b."), (r"\[pause\] Go \(now\).", "[pause] Go (now)."),
     ("one\\\nand two", "one and two"), (r"In C:\Users\me and \\nas\(x) it is \$5\.", r"In C:\Users\me and \\nas\(x) it is $5."),
     ("It is ($5_000) or ($3).", "It is ($5_000) or ($3).")],
)  # fmt: skip
def test_a_sign_that_an_editor_escaped_is_that_sign(text, shown):
    """Google Docs and Notion write a backslash before any sign in the Markdown that they give."""
    script = read(text)
    assert (" ".join(script.written), script.notes) == (shown, ())
    assert not any("\\" in sentence.spoken for sentence in script.sentences) or "C:" in text


@pytest.mark.parametrize("formula", [r"\(x^2\)", r"\[ \frac{a}{b} \]", r"\(a\)", "$x_1$", r"$a \$ b_2$"])
def test_a_formula_is_left_out_and_named_as_it_was_written(formula):
    script = read(f"Here {formula} is.")
    assert " ".join(script.written) == "Here is."
    assert formula.replace("\\$", "$") in script.notes[0]


def test_a_heading_ends_as_a_sentence_does():
    for text in ("# Title\ntext", "Title\n=====\ntext", "Title\n---\ntext"):
        assert clauses(text) == [("Title", "."), ("text", ".")]
