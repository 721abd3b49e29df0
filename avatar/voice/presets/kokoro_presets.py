"""Kokoro's speakers of the languages that the preview reads; it has Japanese, Chinese and Hindi ones besides."""

from __future__ import annotations

from typing import NamedTuple


class Spoken(NamedTuple):
    """What is known of a speaker. median_f0_hz: measured over 20 s of speech."""

    sex: str
    origin: str
    languages: tuple[str, ...]
    median_f0_hz: float
    accent: str = "us"  # of English
    untrained: tuple[str, ...] = ()  # languages that it speaks although it was not trained on them


# By the names of their styles. Of three that were tried with German these two are understood best.
KOKORO = {
    "af_alloy": Spoken("female", "American", ("en",), 148.1),
    "af_aoede": Spoken("female", "American", ("en",), 186.0),
    "af_bella": Spoken("female", "American", ("en",), 205.1),
    "af_heart": Spoken("female", "American", ("en",), 197.5),
    "af_jessica": Spoken("female", "American", ("en",), 210.5),
    "af_kore": Spoken("female", "American", ("en",), 163.3),
    "af_nicole": Spoken("female", "American", ("en",), 144.1),
    "af_nova": Spoken("female", "American", ("en",), 164.9),
    "af_river": Spoken("female", "American", ("en",), 181.8),
    "af_sarah": Spoken("female", "American", ("en",), 192.8),
    "af_sky": Spoken("female", "American", ("en",), 164.9),
    "am_adam": Spoken("male", "American", ("en",), 119.9),
    "am_echo": Spoken("male", "American", ("en",), 113.1),
    "am_eric": Spoken("male", "American", ("en",), 158.4),
    "am_fenrir": Spoken("male", "American", ("en",), 145.5),
    "am_liam": Spoken("male", "American", ("en",), 127.0),
    "am_michael": Spoken("male", "American", ("en",), 118.5),
    "am_onyx": Spoken("male", "American", ("en",), 90.4),
    "am_puck": Spoken("male", "American", ("en",), 117.6),
    "am_santa": Spoken("male", "American", ("en",), 177.8),
    "bf_alice": Spoken("female", "British", ("en",), 222.2, "gb"),
    "bf_emma": Spoken("female", "British", ("en",), 183.9, "gb"),
    "bf_isabella": Spoken("female", "British", ("en",), 213.3, "gb"),
    "bf_lily": Spoken("female", "British", ("en",), 202.5, "gb"),
    "bm_daniel": Spoken("male", "British", ("en",), 127.0, "gb"),
    "bm_fable": Spoken("male", "British", ("en",), 128.0, "gb"),
    "bm_george": Spoken("male", "British", ("en",), 145.5, "gb"),
    "bm_lewis": Spoken("male", "British", ("en",), 92.5, "gb"),
    "ef_dora": Spoken("female", "Spanish", ("es",), 177.8),
    "em_alex": Spoken("male", "Spanish", ("es",), 134.5, untrained=("de",)),
    "em_santa": Spoken("male", "Spanish", ("es",), 142.9),
    "ff_siwis": Spoken("female", "French", ("fr",), 210.5),
    "if_sara": Spoken("female", "Italian", ("it",), 222.2, untrained=("de",)),
    "im_nicola": Spoken("male", "Italian", ("it",), 91.4),
    "pf_dora": Spoken("female", "Brazilian", ("pt",), 177.8),
    "pm_alex": Spoken("male", "Brazilian", ("pt",), 135.6),
    "pm_santa": Spoken("male", "Brazilian", ("pt",), 142.2),
    "jf_alpha": Spoken("female", "a Japanese voice that speaks English", ("en",), 270.0),
}
