"""Web and e-mail addresses, paths, file names, IP addresses and versions."""

from __future__ import annotations

import re

from avatar.script.languages.base import Language, words
from avatar.script.scan import Place, Reading, Shape

DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|co|app|dev|me|tv|eu|uk|us|de|fr|es|it|pt|br|nl|be|ch|at|pl|cz|ru|tr|"
    "hu|se|no|dk|fi|ie|ca|au|nz|jp|cn|kr|in|mx|ar|example|test|local|online|shop|blog|site|tech|xyz|fm|gg|ly"
)
FILES = (
    "pdf|docx?|xlsx?|pptx?|txt|md|csv|tsv|json|ya?ml|toml|xml|html?|css|jsx?|tsx?|py|ipynb|rs|go|java|c|cpp|h|sh|bat|exe|"
    "dll|zip|tar|gz|rar|7z|jpe?g|png|gif|webp|avif|heic|svg|bmp|tiff?|mp3|mp4|m4a|wav|flac|ogg|mov|avi|mkv|webm|srt|"
    "log|cfg|ini|conf|sql|db|iso|apk|deb|rpm|dmg|epub|odt|ods|bak|tmp|lock"
)
LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
REST = r"(?:[/?#][^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]}'’…]|/)?"
SAID_AS_WORDS = words(
    "com org net edu gov info biz co app dev mil int example test local online shop blog site tech pdf_ doc json "
    "yaml zip tar txt_ gif jpeg wav bat log java bak lock temp conf"
)  # fmt: skip
VOWEL = r"(?i)[aeiouyàâäáãåæéèêëíìîïóòôöõøœúùûüýÿ]"


def shapes(language: Language) -> tuple[list[Shape], list[Shape]]:
    """What comes before dates, and what looks like one and comes after them."""
    signs = {
        ".": language.dot, "@": language.at, "/": language.slash, "-": language.dash, "_": language.underscore,
        ":": language.colon, "\\": language.backslash, "+": language.plus, **language.symbols,
    }  # fmt: skip

    point = language.point if language.decimal_mark == "." else language.dot

    def spoken(address: str) -> str:
        """Its parts one by one: words, numbers, letters where there is no vowel, signs by name."""
        parts: list[str] = []
        before = ""
        for part in re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", address):
            if part.lower() in language.address_words:
                parts.append(language.address_words[part.lower()])
            elif part.isdecimal():
                year = len(part) == 4 and part[:2] in ("19", "20")
                short = len(part) < 4 and not part.startswith("0")
                parts.append(
                    language.year(int(part)) if year else language.number(part) if short else language.digits(part)
                )
            elif part.isalpha():
                parts.append(part if said_as_word(part, before) else language.spell(part))
            else:
                parts.append(signs.get(part, ""))
            before = part
        return " ".join(filter(None, parts))

    def said_as_word(part: str, before: str) -> bool:
        """A domain's or file's ending is spelled, but for "com" and the like; so is what has no vowel."""
        if part.lower() in SAID_AS_WORDS:
            return True
        is_ending = part.lower() in ENDINGS and before == "."
        return (
            not is_ending and len(part) > 1 and bool(re.search(VOWEL, part)) and not (part.isupper() and len(part) < 4)
        )

    def web(match: re.Match, place: Place) -> str | None:
        if f"{match[0].lower()}." in language.abbreviations:  # of letters that are a domain or a kind of file as well
            return None
        return spoken(re.sub(r"^(?:[a-z]+://|mailto:)", "", match[0], flags=re.IGNORECASE).rstrip("/"))

    def handle(match: re.Match, place: Place) -> str:
        """@bob_2."""
        return f"{language.at} {spoken(match[1])}"

    def path(match: re.Match, place: Place) -> str | None:
        short = match[0].lower()
        is_abbreviation = short in language.abbreviations or f"{short}." in language.abbreviations  # "L.go", "m.in."
        return None if is_abbreviation else spoken(match[0])

    def dotted(match: re.Match, place: Place) -> str | None:
        """192.168.0.1 digit by digit; a version's parts as numbers."""
        if re.match(r"[./]\d", place.after) or re.fullmatch(r"\d{3}\.\d{3}\.\d{4}", match[0]):  # a telephone number
            return None
        parts = match[2].split(".")
        is_ip = len(parts) == 4 and all(int(part) < 256 for part in parts)
        if "." in language.group_marks and not is_ip and re.fullmatch(r"\d{1,3}(?:\.\d{3})+", match[0]):  # a million
            return None
        if len(parts) == 4 and not match[1]:
            return f" {language.dot} ".join(language.digits(part) for part in parts)
        read = f" {point} ".join(language.number(part) for part in parts)
        return f"{language.spell(match[1])} {read}" if match[1] else read

    def version(match: re.Match, place: Place) -> str:
        return f"{language.spell(match[1])} " + f" {point} ".join(map(language.number, match[2].split(".")))

    ENDINGS = frozenset(re.sub(r"\?", "", DOMAINS + "|" + FILES).split("|")) - SAID_AS_WORDS
    found: list[tuple[str, Reading]] = [
        (rf"(?:https?|ftp|file)://{LABEL}(?::\w+)?(?:[\w.:@-]*\w)?{REST}", web),
        (r"(?:mailto:)?(?!\d+[pK]@\d)[\w.+-]*[\w+-]@[\w-]+(?:\.[\w-]+)*\w", web),
        (r"@((?=\w*[_.\d])\w+(?:\.\w+)*)", handle),
        (rf"(?i:www)\.(?:{LABEL}\.)*{LABEL}{REST}", web),
        (rf"(?:{LABEL}\.)+(?:{DOMAINS})(?:/[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]}}'’…]|/)?(?![\w@])(?!\.\w)", web),
        (r"[A-Za-z]:\\[^\s<>\"|?*]*[^\s<>\"|?*.,;:!)'’]", path),
        (r"(?:~|\.{1,2})?(?:/[\w.-]*\w){2,}/?|~/[\w./-]*\w", path),
        (rf"(?!\w\.\w\.)[\w-]+(?:\.[\w-]+)*\.(?:{FILES})(?![\w@])(?!\.\w)", path),
    ]
    # ".pdf", ".NET": where a word begins
    found.append((rf"(?<!\S)\.(?:{FILES}|com|org|net|edu|gov|io|NET)(?![\w@]|\.\w)", path))
    made = [Shape(pattern, read) for pattern, read in found]
    return made, [
        Shape(r"([vV])?(\d+(?:\.\d+){2,})(?!\w)", dotted, of_number=True),
        Shape(r"([vV])(\d+(?:\.\d+)*)(?!\w)", version, of_number=True),
    ]
