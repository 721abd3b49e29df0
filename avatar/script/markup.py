"""A script without its mark-up: Markdown and HTML out, white space and missing spaces mended, lines told apart."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field, replace

from avatar.script.letters import CLOSERS, script_of

FENCE = r"(?sm)^ {0,3}(```+|~~~+)[^\n]*\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)"
FRONT_MATTER = r"\A\s*---[ \t]*\n(?:[ \t]*[\w-]+:.*\n|[ \t]*- .*\n)+---[ \t]*(?:\n|\Z)"
UNDERLINE = r"(?<=\n)[ ]{0,3}(?:=+|-{2,})[ \t]*(?=\n|\Z)"  # of a heading
REFERENCE = r"(?m)^ {0,3}\[[^\]\n]+\]:\s+\S+(?:\s+[\"'(].*)?$"  # [1]: https://example.com
COMMENT = r"(?s)<!--.*?(?:-->|\Z)"
SILENT_TAG = r"(?si)<(script|style)\b.*?(?:</\1\s*>|\Z)"
BREAK_TAG = r"(?i)<(?:br|/p|/div|/li|/h[1-6]|/tr)\s*/?>"
TAGS = (
    "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del|details|div|dl|dt|em|"
    "figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|"
    "meta|nav|ol|option|p|path|picture|pre|q|s|samp|section|select|small|source|span|strike|strong|sub|summary|sup|svg|"
    "table|tbody|td|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr|"
    "speak|break|prosody|say-as|emphasis|phoneme|voice|lang|sentence"  # of SSML
)
TAG = rf"(?i:</?(?:{TAGS}))(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*\s*/?>"
ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
FORMULA = r"(?s)\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]|\$(?=[^$\n]*[\\^_{])[^$\n\s](?:[^$\n]*[^$\n\s])?\$(?!\d)"
SIGN_OF_A_FORMULA = r"\\[A-Za-z]|[\^_={}]"

IMAGE = r"!\[([^\]\n]*)\]\([^)\n]*\)"
LINK = r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])"
WIKI_LINK = (
    r"!\[\[[^\]\n]*\]\]|\[\[(?:[^\]|\n]*\|)?([^\]|\n]+)\]\]"  # of Obsidian: what is embedded, and a link by its name
)
MARKED = r"(?<![\w=])==(?=[^\s=])([^\n]+?)(?<=[^\s=])==(?![\w=])"
FOOTNOTE = r"\[\^[^\]\s]+\]:?"
AUTOLINK = r"<((?:https?://|mailto:)[^>\s]+|[^\s<>@]+@[^\s<>@]+)>"
CODE = r"(`+)([^`\n]+?)\1"
STRIKE = r"~~(?=\S)(.+?)(?<=\S)~~"
STRONG = r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]+?)(?<=[^\s*])\1(?![\w*])"
UNDERLINED = r"(?<!\w)(_{1,3})(?=[^\s_])([^\n]+?)(?<=[^\s_])\1(?!\w)"
ESCAPABLE = string.punctuation  # Markdown knows these; Google Docs and Notion escape many of them where none needs it
ADDRESS_WITH_BACKSLASH = r"(?:^|(?<=\s))(?:[A-Za-z]:\\|\\\\\w)\S*"
ESCAPE = rf"{ADDRESS_WITH_BACKSLASH}|\\([{re.escape(ESCAPABLE)}])"
LINE_BREAK = r"(?<=[^\\:])\\$"  # a backslash at the end of a line
HIDE = {character: chr(0xFDD0 + number) for number, character in enumerate(ESCAPABLE)}  # no characters of any text
SHOW = {ord(hidden): character for character, hidden in HIDE.items()}

COMMAS = {"ARABIC": "،", "CJK": "、", "HIRAGANA": "、", "KATAKANA": "、"}  # of scripts that have one of their own
SIGNS_AT_THE_END = set("%‰°€$£¥₹")

RULE = r"^ {0,3}(?:[-*_=~#+]\s*){3,}$"
HEADING = r"^ {0,3}#{1,6}\s+(.*?)\s*#*$"
QUOTE = r"^ {0,3}>[> ]*(?=\s|\w|$|[*#\"“(-])\s?"
BULLET = r"^\s*[-*+•‣◦▪●–]\s+(?:\[[ xX]\]\s+)?(?=\S)"
NUMBERED = r"^\s*(?:\d{1,3}[.)]|\(\d{1,3}\))\s+(?=\S)"
CALLOUT = r"^\[!\w+\][+-]?\s*"  # > [!NOTE], of GitHub and Obsidian
LIST_NUMBER = r"([ \t]*)(\d{1,3})([.)][ \t]+\S.*)"
TABLE_RULE = r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*$"
TABLE_ROW = r"^\s*\|(.+)\|\s*$"

# "end.Then", `"Hi."Then`, "Really?Yes", "one,two": a space is missing. Not in addresses and file names.
NO_SPACE = r"(?<=[^\W\d_]{2})([.!?…][\"”’»)]?)(?=[\"“‘«(]?[^\W\d_a-zß-öø-ÿ][^\W\d_A-ZÀ-Þ])"
NO_SPACE_AFTER_A_CRY = r"(?<=[^\W\d_]{2})([!?]+)(?=[^\W\d_a-zß-öø-ÿ])|(?<=[^\W\d_A-Z]{2})([.])(?=I['’])"
NO_COMMA_SPACE = r"(?<=[^\W\d_]{2})([,;])(?=[^\W\d_]{2})"
ADDRESS = r"://|@|^www\.|[/\\]"


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
    text = _replaced(text, "---", FRONT_MATTER, "")
    text = _replaced(text, "]:", REFERENCE, "")
    if "--" in text or "=" in text:
        text = re.sub(UNDERLINE, "\n", text)
    if "```" in text or "~~~" in text:
        text = re.sub(FENCE, lambda match: _left_out(found, match[2]), text)
    text = _replaced(_replaced(text, "<!--", COMMENT, " "), "<", SILENT_TAG, " ")
    if "$" in text or "\\" in text:
        text = re.sub(FORMULA, lambda match: _formula(found, match[0]), text.replace("\\$", HIDE["$"]))
    for paragraph in re.split(r"\n\s*\n", _counted(text)):
        lines: list[Line] = []
        for raw in _replaced(paragraph, "<", BREAK_TAG, "\n").split("\n"):
            for line in filter(lambda line: line.text, _lines(raw)):
                if (
                    lines
                    and lines[-1].ends == "item"
                    and not line.ends
                    and (raw[0].isspace() or line.text[0].islower())
                ):
                    lines[-1] = replace(lines[-1], text=f"{lines[-1].text} {line.text}")  # an item that was wrapped
                else:
                    lines.append(line)
        if not lines:
            continue
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            ends = line.ends
            if following is None:
                ends = "paragraph"
            elif following.ends == "item" and not ends:
                ends = "item"  # what stands before a list ends there
            found.lines.append(Line(_with_comma(line.text) if ends == "item" else line.text, ends, line.numbered))
    return found


def _counted(text: str) -> str:
    """Items of a list that all have the same number, which Markdown shows as 1, 2, 3, have the number that is shown."""
    if not re.search(r"(?m)^[ \t]*(\d{1,3})[.)][ \t]+\S(?s:.*?)^[ \t]*\1[.)][ \t]", text):
        return text
    lines, indent, number, shown, was_blank = [], "", "", 0, False
    for line in text.split("\n"):
        if (item := re.fullmatch(LIST_NUMBER, line)) and (item[1], item[2]) == (indent, number):
            shown += 1
            line = f"{indent}{shown}{item[3]}"
        elif item:
            indent, number, shown = item[1], item[2], int(item[2])
        elif was_blank and line.strip() and not line[0].isspace():
            number = ""  # a paragraph, after which another list begins
        was_blank = not line.strip()
        lines.append(line)
    return "\n".join(lines)


def _with_comma(text: str) -> str:
    """What stands below each other is read, and shown by captions, one behind the other."""
    last = text.rstrip(CLOSERS)[-1:]
    if not last.isalnum() and last not in SIGNS_AT_THE_END:
        return text
    return text + COMMAS.get(script_of(last), ",")


def _replaced(text: str, sign: str, pattern: str, kept: str) -> str:
    """sign: without it the pattern matches nothing, so that it need not be compiled for plain prose."""
    return re.sub(pattern, kept, text) if sign in text else text


def _formula(found: Plain, text: str) -> str:
    r"""Left out, but for \[words\]: editors that escape every sign write brackets so."""
    inside = re.sub(r"\\[^\w\s]", "", text[2:-2])
    if text[0] == "\\" and re.search(r"[^\W\d_]{3}", inside) and not re.search(SIGN_OF_A_FORMULA, inside):
        return text
    return _left_out(found, text)


def _left_out(found: Plain, text: str) -> str:
    if text.strip():
        found.left_out.append(" ".join(text.translate(SHOW).split()))
    return " "


def _lines(raw: str) -> list[Line]:
    """A line of the script, cleaned; none where it is mark-up alone."""
    if raw.lstrip()[:1].isalpha():
        return [Line(_inline(raw))]
    raw = re.sub(CALLOUT, "", re.sub(QUOTE, "", raw))
    if re.match(RULE, raw) or re.match(TABLE_RULE, raw):
        return []
    if row := re.match(TABLE_ROW, raw):
        cells = [_inline(cell) for cell in re.split(r"(?<!\\)\|", row[1])]
        return [Line(", ".join(cell for cell in cells if cell), "item")]
    if heading := re.match(HEADING, raw):
        return [Line(_inline(heading[1]), "paragraph", numbered=re.match(NUMBERED, heading[1]) is not None)]
    if bullet := re.match(BULLET, raw):
        return [Line(_inline(raw[bullet.end() :]), "item")]
    if re.match(NUMBERED, raw):
        return [Line(_inline(raw), "item", numbered=True)]
    return [Line(_inline(raw))]


def _inline(text: str) -> str:
    if "\\" in text:
        text = re.sub(LINE_BREAK, "", re.sub(ESCAPE, lambda match: HIDE[match[1]] if match[1] else match[0], text))
    for sign, pattern, kept in (
        ("[[", WIKI_LINK, r"\1"), ("==", MARKED, r"\1"), ("![", IMAGE, r"\1"), ("[", LINK, r"\1"), ("[^", FOOTNOTE, ""), ("<", AUTOLINK, r"\1"), ("`", CODE, r"\2"),
        ("~~", STRIKE, r"\1"), ("*", STRONG, r"\2"), ("*", STRONG, r"\2"), ("_", UNDERLINED, r"\2"),
        ("_", UNDERLINED, r"\2"), ("<", TAG, ""),
    ):  # fmt: skip
        text = _replaced(text, sign, pattern, kept)
    if "&" in text:
        import html

        text = re.sub(ENTITY, lambda match: html.unescape(match[0]), text)
    text = text.translate(SHOW)
    return " ".join(_spaced(word) for word in text.split())


def _spaced(word: str) -> str:
    """A word with the spaces that were left out after its marks."""
    if not any(mark in word[:-1] for mark in ".!?…,;") or re.search(ADDRESS, word):
        return word
    word = re.sub(NO_SPACE_AFTER_A_CRY, r"\1\2 ", word)
    return re.sub(NO_COMMA_SPACE, r"\1 ", re.sub(NO_SPACE, r"\1 ", word))
