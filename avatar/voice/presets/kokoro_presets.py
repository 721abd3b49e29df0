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


# By the names of their styles. German was tried with all: these two are understood best.
KOKORO = {
    "af_alloy": Spoken("female", "American", ("en",), 200.0),
    "af_aoede": Spoken("female", "American", ("en",), 200.0),
    "af_bella": Spoken("female", "American", ("en",), 200.0),
    "af_heart": Spoken("female", "American", ("en",), 200.0),
    "af_jessica": Spoken("female", "American", ("en",), 200.0),
    "af_kore": Spoken("female", "American", ("en",), 200.0),
    "af_nicole": Spoken("female", "American", ("en",), 200.0),
    "af_nova": Spoken("female", "American", ("en",), 200.0),
    "af_river": Spoken("female", "American", ("en",), 200.0),
    "af_sarah": Spoken("female", "American", ("en",), 200.0),
    "af_sky": Spoken("female", "American", ("en",), 200.0),
    "am_adam": Spoken("male", "American", ("en",), 200.0),
    "am_echo": Spoken("male", "American", ("en",), 200.0),
    "am_eric": Spoken("male", "American", ("en",), 200.0),
    "am_fenrir": Spoken("male", "American", ("en",), 200.0),
    "am_liam": Spoken("male", "American", ("en",), 200.0),
    "am_michael": Spoken("male", "American", ("en",), 200.0),
    "am_onyx": Spoken("male", "American", ("en",), 200.0),
    "am_puck": Spoken("male", "American", ("en",), 200.0),
    "am_santa": Spoken("male", "American", ("en",), 200.0),
    "bf_alice": Spoken("female", "British", ("en",), 200.0, "gb"),
    "bf_emma": Spoken("female", "British", ("en",), 200.0, "gb"),
    "bf_isabella": Spoken("female", "British", ("en",), 200.0, "gb"),
    "bf_lily": Spoken("female", "British", ("en",), 200.0, "gb"),
    "bm_daniel": Spoken("male", "British", ("en",), 200.0, "gb"),
    "bm_fable": Spoken("male", "British", ("en",), 200.0, "gb"),
    "bm_george": Spoken("male", "British", ("en",), 200.0, "gb"),
    "bm_lewis": Spoken("male", "British", ("en",), 200.0, "gb"),
    "ef_dora": Spoken("female", "Spanish", ("es",), 200.0),
    "em_alex": Spoken("male", "Spanish", ("es",), 200.0, untrained=("de",)),
    "em_santa": Spoken("male", "Spanish", ("es",), 200.0),
    "ff_siwis": Spoken("female", "French", ("fr",), 200.0),
    "if_sara": Spoken("female", "Italian", ("it",), 200.0, untrained=("de",)),
    "im_nicola": Spoken("male", "Italian", ("it",), 200.0),
    "pf_dora": Spoken("female", "Brazilian", ("pt",), 200.0),
    "pm_alex": Spoken("male", "Brazilian", ("pt",), 200.0),
    "pm_santa": Spoken("male", "Brazilian", ("pt",), 200.0),
    "jf_alpha": Spoken("female", "a Japanese voice that speaks English", ("en",), 270.0),
}
