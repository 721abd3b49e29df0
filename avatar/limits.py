"""The most that anybody may ask for, and what all videos share. Below everything: it imports nothing."""

from __future__ import annotations

LONGEST_S = 120.0  # seconds of video; batch work for one machine
FRAME_RATE = 25  # frames a second, of both stacks
SEEDS = 2**32  # a seed is 0 to one less: what every generator of random numbers here takes
MOST_TRIES = 32  # seeds of which a portrait is drawn, until one shows a face

# XTTS-v2's seventeen languages, and their codes in video files (ISO 639-2)
ISO_639_2 = {
    "en": "eng", "es": "spa", "fr": "fra", "de": "deu", "it": "ita", "pt": "por", "pl": "pol", "tr": "tur", "ru": "rus",
    "nl": "nld", "cs": "ces", "ar": "ara", "zh-cn": "zho", "hu": "hun", "ko": "kor", "ja": "jpn", "hi": "hin",
}  # fmt: skip
LANGUAGES = tuple(ISO_639_2)
