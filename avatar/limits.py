"""The most that anybody may ask for, and what all videos share. Below everything: it imports nothing of ours."""

from __future__ import annotations

from typing import Literal

LONGEST_S = 120.0  # seconds of video; batch work for one machine
FRAME_RATE = 25  # frames a second, of both stacks
SEEDS = 2**32  # a seed is 0 to one less: what every generator of random numbers here takes
BACKDROP = (208, 208, 208)  # a light studio grey, behind what is transparent in a picture or a clip
SMALLEST_FACE = 64  # pixels across; it is shown 235 pixels wide, 3.7 times enlarged
SLOWEST, FASTEST = 0.7, 1.5  # speech, by the voice's own pace: beyond that it no longer sounds natural
MOST_TRIES = 32  # seeds of which a portrait is drawn, until one shows a face

# Of what is given, before it is copied, hashed or decoded
MOST_BYTES = {"picture": 100 << 20, "recording": 1 << 30, "clip": 4 << 30, "file": 4 << 30}
MOST_PIXELS = 36_000_000  # of a video's picture: 8K has 35.4 million
LONGEST_JUDGED_S = 1800.0  # of a video that is only judged
MOST_FRAMES = 108_000  # of such a video: 60 a second

# XTTS-v2's seventeen languages, and their codes in video files (ISO 639-2)
Language = Literal[
    "en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh-cn", "hu", "ko", "ja", "hi"
]  # fmt: skip
ISO_639_2: dict[Language, str] = {
    "en": "eng", "es": "spa", "fr": "fra", "de": "deu", "it": "ita", "pt": "por", "pl": "pol", "tr": "tur", "ru": "rus",
    "nl": "nld", "cs": "ces", "ar": "ara", "zh-cn": "zho", "hu": "hun", "ko": "kor", "ja": "jpn", "hi": "hin",
}  # fmt: skip
LANGUAGES = tuple(ISO_639_2)
TRADITIONAL = ("hant", "tw", "hk", "mo")  # of Chinese, which no voice here was made for


def language_from_tag(tag: str) -> str:
    """The language that a tag stands for, as pt-BR for pt, en_US for en and zh for zh-cn (BCP 47); the tag itself for none of
    LANGUAGES."""
    language, *rest = tag.strip().lower().replace("_", "-").split("-")
    if language == "zh" and not set(rest) & set(TRADITIONAL):
        return "zh-cn"
    return language if language in LANGUAGES else tag


# XTTS's text cleaner turns these into Latin letters with a package that is not in the locks.
NEEDS_PACKAGE: dict[Language, str] = {"ja": "cutlet", "zh-cn": "pypinyin"}
