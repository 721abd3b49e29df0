"""A script without its mark-up: Markdown and HTML out, white space and missing spaces mended, lines told apart."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(?:[ \t]*[\w-]+:.*\n|[ \t]*- .*\n)+---[ \t]*(?:\n|\Z)")
UNDERLINE = re.compile(r"(?<=\n)[ ]{0,3}(?:=+|-{2,})[ \t]*(?=\n|\Z)")  # of a heading
REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s+\S+(?:\s+[\"'(].*)?$", re.MULTILINE)  # [1]: https://example.com
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
SILENT_TAG = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
BREAK_TAG = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\s*/?>", re.IGNORECASE)
TAGS = (
    "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del|details|div|dl|dt|em|"
    "figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|"
    "meta|nav|ol|option|p|path|picture|pre|q|s|samp|section|select|small|source|span|strike|strong|sub|summary|sup|svg|"
    "table|tbody|td|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr|"
    "speak|break|prosody|say-as|emphasis|phoneme|voice|lang|sentence"  # of SSML
)
TAG = re.compile(rf"(?i:</?(?:{TAGS}))(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*\s*/?>")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
FORMULA = re.compile(
    r"\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]|\$(?=[^$\n]*[\\^_{])[^$\n\s](?:[^$\n]*[^$\n\s])?\$", re.DOTALL
)

IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
LINK = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:?")
AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+|[^\s<>@]+@[^\s<>@]+)>")
CODE = re.compile(r"(`+)([^`\n]+?)\1")
STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
STRONG = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]+?)(?<=[^\s*])\1(?![\w*])")
UNDERLINED = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])([^\n]+?)(?<=[^\s_])\1(?!\w)")
ESCAPABLE = "\\`*_{}[]()#+.!|>~-"
ESCAPE = re.compile(rf"\\([{re.escape(ESCAPABLE)}])")
HIDE = {character: chr(0xFDD0 + number) for number, character in enumerate(ESCAPABLE)}  # no characters of any text
SHOW = {ord(hidden): character for character, hidden in HIDE.items()}

RULE = re.compile(r"^ {0,3}(?:[-*_=~#+]\s*){3,}$")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$")
QUOTE = re.compile(r"^ {0,3}>[> ]*(?=\s|\w|$|[*#\"“(-])\s?")
BULLET = re.compile(r"^\s*[-*+•‣◦▪●–]\s+(?:\[[ xX]\]\s+)?(?=\S)")
NUMBERED = re.compile(r"^\s*(?:\d{1,3}[.)]|\(\d{1,3}\))\s+(?=\S)")
TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*$")
TABLE_ROW = re.compile(r"^\s*\|(.+)\|\s*$")

# "end.Then", `"Hi."Then`, "Really?Yes", "one,two": a space is missing. Not in addresses and file names.
NO_SPACE = re.compile(r"(?<=[^\W\d_]{2})([.!?…][\"”’»)]?)(?=[\"“‘«(]?[^\W\d_a-zß-öø-ÿ][^\W\d_A-ZÀ-Þ])")
NO_SPACE_AFTER_A_CRY = re.compile(r"(?<=[^\W\d_]{2})([!?]+)(?=[^\W\d_a-zß-öø-ÿ])|(?<=[^\W\d_A-Z]{2})([.])(?=I['’])")
NO_COMMA_SPACE = re.compile(r"(?<=[^\W\d_]{2})([,;])(?=[^\W\d_]{2})")
ADDRESS_WITH_BACKSLASH = re.compile(r"(?:^|\s)(?:[A-Za-z]:\\|\\\\\w)")
ADDRESS = re.compile(r"://|@|^www\.|[/\\]")


@dataclass(frozen=True)
class Line:
    """text: without mark-up. ends: what its end is, "" where the text may go on in the next line. numbered: it begins
    with the number of a list's item."""

    text: str
    ends: str = ""  # "", "item" or "paragraph"
    numbered: bool = False


@dataclass
class Plain:
    """lines: of the whole script. left_out: formulas and code, which nobody can read aloud."""

    lines: list[Line] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def plain(text: str) -> Plain:
    """The script without mark-up."""
    found = Plain()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = UNDERLINE.sub("\n", REFERENCE.sub("", FRONT_MATTER.sub("", text)))
    text = FENCE.sub(lambda match: _left_out(found, match[2]), text)
    text = SILENT_TAG.sub(" ", COMMENT.sub(" ", text))
    text = FORMULA.sub(lambda match: _left_out(found, match[0]), text)
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for raw in BREAK_TAG.sub("\n", paragraph).split("\n") for line in _lines(raw)]
        lines = [line for line in lines if line.text]
        if not lines:
            continue
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            ends = line.ends
            if following is None:
                ends = "paragraph"
            elif following.ends == "item" and not ends:
                ends = "item"  # what stands before a list ends there
            found.lines.append(Line(line.text, ends, line.numbered))
    return found


def _left_out(found: Plain, text: str) -> str:
    if text.strip():
        found.left_out.append(" ".join(text.split()))
    return " "


def _lines(raw: str) -> list[Line]:
    """A line of the script, cleaned; none where it is mark-up alone."""
    raw = QUOTE.sub("", raw)
    if RULE.match(raw) or TABLE_RULE.match(raw):
        return []
    if row := TABLE_ROW.match(raw):
        cells = [_inline(cell) for cell in re.split(r"(?<!\\)\|", row[1])]
        return [Line(", ".join(cell for cell in cells if cell), "item")]
    if heading := HEADING.match(raw):
        return [Line(_inline(heading[1]), "paragraph")]
    if bullet := BULLET.match(raw):
        return [Line(_inline(raw[bullet.end() :]), "item")]
    if NUMBERED.match(raw):
        return [Line(_inline(raw), "item", numbered=True)]
    return [Line(_inline(raw))]


def _inline(text: str) -> str:
    if not ADDRESS_WITH_BACKSLASH.search(text):
        text = ESCAPE.sub(lambda match: HIDE[match[1]], text)
    for pattern, kept in (
        (IMAGE, r"\1"), (LINK, r"\1"), (FOOTNOTE, ""), (AUTOLINK, r"\1"), (CODE, r"\2"), (STRIKE, r"\1"),
        (STRONG, r"\2"), (STRONG, r"\2"), (UNDERLINED, r"\2"), (UNDERLINED, r"\2"), (TAG, ""),
    ):  # fmt: skip
        text = pattern.sub(kept, text)
    text = ENTITY.sub(lambda match: html.unescape(match[0]), text).translate(SHOW)
    return " ".join(_spaced(word) for word in text.split())


def _spaced(word: str) -> str:
    """A word with the spaces that were left out after its marks."""
    if ADDRESS.search(word):
        return word
    word = NO_SPACE_AFTER_A_CRY.sub(r"\1\2 ", word)
    return NO_COMMA_SPACE.sub(r"\1 ", NO_SPACE.sub(r"\1 ", word))
