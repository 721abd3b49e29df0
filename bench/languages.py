"""Are the preview's voices understood in their languages? Word error rates by whisper-base of one text each, about 10 s.

    AVATAR_MODELS=DIR ./run --full python bench/languages.py [-o bench/results/languages.json] [PRESET ...]

DIR holds kokoro-voices. Both sides are lower case words without punctuation; numbers stand in words, as they are heard.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jiwer

from avatar import asking, work
from avatar.voice.presets.catalog import PRESETS
from bench import machine
from bench.preview import cpu_name
from bench.wer import transcribe

TEXTS = {
    "en": "Good morning, everybody, and thank you for coming. Today I would like to show you how a short text becomes a "
    "film. First we write it down, then we choose a voice, and after a minute the picture begins to speak.",
    "es": "Buenos días a todos, y gracias por venir. Hoy quisiera mostrarles cómo un texto breve se convierte en una "
    "película. Primero lo escribimos, luego elegimos una voz, y al cabo de un minuto la imagen empieza a hablar.",
    "fr": "Bonjour à tous, et merci pour votre visite. Aujourd'hui je voudrais vous montrer comment un texte court devient un "
    "film. D'abord nous écrivons le texte, puis nous choisissons une voix, et une minute plus tard l'image commence à parler.",
    "it": "Buongiorno a tutti, e grazie per la vostra visita. Oggi vorrei mostrarvi come un breve testo diventa un film. "
    "Prima scriviamo il testo, poi scegliamo una voce, e dopo un minuto l'immagine comincia a parlare.",
    "pt": "Bom dia a todos, e muito obrigado pela visita. Hoje eu gostaria de mostrar como um texto curto vira um filme. "
    "Primeiro nós escrevemos o texto, depois escolhemos uma voz, e um minuto mais tarde a imagem começa a falar.",
    "de": "Guten Morgen zusammen, und vielen Dank für Ihren Besuch. Heute möchte ich Ihnen zeigen, wie aus einem kurzen Text "
    "ein Film wird. Zuerst schreiben wir den Text auf, dann wählen wir eine Stimme, und nach einer Minute spricht das Bild.",
}
TRIED = (
    "heart", "joe", "jf_alpha", "af_heart", "af_bella", "am_michael", "am_fenrir", "bf_emma", "bm_george",
    "ef_dora", "em_alex", "em_santa", "ff_siwis", "if_sara", "im_nicola", "pf_dora", "pm_alex", "pm_santa",
)  # fmt: skip


def words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def measured(preset: str, language: str, folder: Path) -> dict:
    sound = folder / "speech.wav"
    before = time.process_time()
    spoken = work.speak(
        asking.request_of(text=TEXTS[language], preset=preset, language=language), sound, True, lambda event: None
    )
    cpu_s = time.process_time() - before
    heard = words(transcribe(sound, language))
    return {
        "preset": preset, "language": language, "wer": round(jiwer.wer(words(TEXTS[language]), heard), 3),
        "seconds": round(spoken.seconds, 1), "cpu_s_per_second": round(cpu_s / spoken.seconds, 2), "heard": heard,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", default=TRIED)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for preset in options.presets:
            for language in PRESETS[preset].speaks:
                rows.append(measured(preset, language, Path(temporary)))
                print({key: value for key, value in rows[-1].items() if key != "heard"}, file=sys.stderr)
    result = {
        "command": "AVATAR_MODELS=DIR ./run --full python " + " ".join(sys.argv), "date": time.strftime("%Y-%m-%d"),
        **machine.commit(), "processor": cpu_name(), "rows": rows,
    }  # fmt: skip
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    options.output.write_text(text) if options.output else print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
