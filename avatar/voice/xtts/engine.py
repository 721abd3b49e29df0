"""The full stack's voice: XTTS-v2, speaking as the reference does, or as the first speaker of its checkpoint."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from avatar.device import memory
from avatar.errors import AvatarError, EnvironmentProblem, RequestError
from avatar.voice.presets.timeline import LEAD_IN_S, LEAD_OUT_S, PEAK
from avatar.voice.recording import check_reference, trim
from avatar.voice.speech import Speech
from avatar.voice.xtts import checkpoint as xtts_checkpoint
from avatar.voice.xtts import speaker as xtts_speaker
from avatar.voice.xtts import text as xtts_text
from avatar.voice.xtts.checkpoint import MODEL
from avatar.voice.xtts.codes import NotFinite
from avatar.voice.xtts.text import Piece
from avatar.weights import store, strict

SAMPLE_RATE = 24_000  # Hz, of the decoder
TRIES = 2  # with seeds of their own, before a piece is cut in two
LEAST_S_PER_LETTER = 0.02  # 50 letters a second; the fastest speakers reach about 25
SILENT_PEAK = 1e-3
NEEDS = "voice (XTTS-v2)"  # who needs the memory, in messages


@dataclass(frozen=True)
class Utterance:
    """A piece as spoken. samples: float32 (n,) at 24 kHz."""

    piece: Piece
    samples: np.ndarray


class Implausible(Exception):
    """What was generated cannot be the whole text."""


class XttsVoice:
    """Use in a `with` block: the model is loaded when it is entered and gone from the device at its end.

    facts (for the report) and notes (for the user) are complete at the end of the block. The same text, reference,
    seed and thread count give the same bytes on a CPU. Each sentence has a seed of its own: a change in one leaves the
    others' sound as it was, but for its level.

    gpt_dtype: "float16" or "float32" for the GPT; None takes the profile's. threads: of the CPU, because sums differ
    in their last digits with the number of threads.
    """

    name = "xtts-v2"
    version = "2"
    models: ClassVar[tuple[str, ...]] = (MODEL,)  # in models.lock

    def __init__(self, reference: Path | None, preset: None, seed: int, gpt_dtype: str | None = None, threads: int = 2):
        self.reference, self.seed, self.gpt_dtype, self.threads = reference, seed, gpt_dtype, threads
        self.facts: dict = {}
        self.notes: list[str] = []
        self._speaker: xtts_speaker.Speaker | None = None

    @staticmethod
    def check(reference: Path | None, preset: str | None, language: str) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if preset:
            raise RequestError(
                f"{preset!r} is a preset of the preview stack; the full stack speaks with a reference recording "
                "(--voice), or with XTTS-v2's own first speaker."
            )
        xtts_text.refuse_language(language)
        if reference:
            check_reference(reference)

    # ------------------------------------------------------------ loading

    def __enter__(self) -> XttsVoice:
        import torch

        with contextlib.ExitStack() as undo:
            undo.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(self.threads)
            self._files = store.require(MODEL)
            self._weights = store.converted(
                MODEL, "model.safetensors", xtts_checkpoint.convert, xtts_checkpoint.CONVERTER
            )
            self._device = memory.device()
            self._dtype = getattr(torch, self.gpt_dtype or memory.profile().voice_dtype)
            self._usage = undo.enter_context(memory.measured(NEEDS, self._need_bytes()))
            undo.callback(self._drop)
            undo.enter_context(xtts_checkpoint.quiet_transformers())
            self._load()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._undo.__exit__(*exception)
        self.facts |= {"weights": store.facts(MODEL), "memory": self._usage.as_facts()}
        self.notes += self._usage.notes

    def _load(self) -> None:
        """Set self._model, and self._speaker before the model leaves float32 and the CPU."""
        self._model = xtts_checkpoint.load(self._files, self._weights)
        self._speaker = self._speaker or self._read_speaker()
        xtts_checkpoint.set_gpt_dtype(self._model, self._dtype)
        self._model.to(self._device)
        if self._device.type == "cuda" and memory.cuda_graphs():
            from avatar.voice.xtts import graph as xtts_graph

            xtts_graph.code_by_code(self._model.gpt, recorded=True, notes=self.notes)
        self.facts["gpt_dtype"] = str(self._dtype).removeprefix("torch.")

    def _drop(self) -> None:
        self._model = None

    def _read_speaker(self) -> xtts_speaker.Speaker:
        """The reference's, from the file where it is kept, else computed now; else the checkpoint's first one."""
        if not self.reference:
            name, speaker = xtts_speaker.first_of(self._files["speakers_xtts.pth"])
            self.facts |= {"voice_match": "a speaker of XTTS-v2's own", "speaker": name}
            return speaker
        recording = trim(check_reference(self.reference))
        reference_sha256 = hashlib.sha256(self.reference.read_bytes()).hexdigest()
        path = xtts_speaker.kept_path(reference_sha256, store.digest(MODEL))
        speaker = xtts_speaker.kept(path)
        if speaker is None:
            speaker = xtts_speaker.from_recording(self._model, recording)
            if not speaker.is_usable():
                raise EnvironmentProblem(
                    f"XTTS-v2 computes no usable voice from {self.reference.name!r}: its weights may be damaged. "
                    f"{strict.mend()}."
                )
            xtts_speaker.keep(speaker, path)
        self.facts |= {"voice_match": "cloned", "reference_sha256": reference_sha256}
        self.notes += recording.warnings
        return speaker

    # ------------------------------------------------------------ speaking

    def speak(self, text: str, language: str, seconds: float | None) -> Speech:
        """Speech of the whole text at 24 kHz, sentence by sentence.

        `seconds` can only add silence at the end. phones is empty; the times of the words are estimated within each
        sentence by their length in writing: good for subtitles, no good for lips. Raises RequestError for a language or
        text that cannot be spoken or does not fit, AvatarError where the model will not speak a sentence as a whole.
        """
        xtts_text.refuse_language(language)
        utterances = []
        for number, piece in enumerate(xtts_text.split(text, language)):
            self._look_for_unknown_letters(piece, language)
            utterances += self._say(piece, language, str(number))
        speech = join(utterances)
        return speech if seconds is None else with_silence(speech, seconds)

    def _say(self, piece: Piece, language: str, place: str) -> list[Utterance]:
        """The piece, whole if the model says it so, else in two. place: where it stands in the text, for its seed."""
        problem = "it is too long for XTTS-v2"
        if self._fits(piece, language):
            for attempt in range(TRIES):
                try:
                    return [Utterance(piece, self._generate(piece, language, seed_of(self.seed, place, attempt)))]
                except Implausible as error:
                    problem = str(error)
        halves = xtts_text.in_two(piece)
        if halves is None:
            raise AvatarError(
                f"XTTS-v2 cannot speak {' '.join(piece.words)!r}: {problem}; write it in another way, or try another "
                "--seed."
            )
        self.notes.append(f"{' '.join(piece.words)[:40]!r}… was spoken in two parts: {problem}.")
        first, second = halves
        return [*self._say(first, language, place + "a"), *self._say(second, language, place + "b")]

    def _fits(self, piece: Piece, language: str) -> bool:
        """Whether the text, with its numbers written out, is within the model's text positions."""
        return len(self._tokens(piece, language)) < self._model.args.gpt_max_text_tokens

    def _tokens(self, piece: Piece, language: str) -> list[int]:
        """The piece as XTTS's tokenizer makes it. Raises RequestError for what its text cleaner cannot read."""
        text = xtts_text.spoken_form(piece, language)
        try:
            return self._model.tokenizer.encode(text.lower(), lang=language)
        except Exception as error:  # num2words raises whatever it happens upon, and has no Hindi at all
            raise RequestError(
                f"XTTS-v2's text cleaner cannot read {text[:60]!r} in {language!r} ({type(error).__name__}); "
                "write its numbers as words."
            ) from error

    def _look_for_unknown_letters(self, piece: Piece, language: str) -> None:
        """Note what XTTS has no sound for. Raises RequestError where that is most of the piece."""
        text = xtts_text.spoken_form(piece, language)
        unknown = self._tokens(piece, language).count(self._model.tokenizer.tokenizer.token_to_id("[UNK]"))
        if unknown > xtts_text.letter_count(text) / 2:
            raise RequestError(f"most of {text[:60]!r} is in letters that XTTS-v2 does not know; is it {language!r}?")
        if unknown:
            self.notes.append(f"XTTS-v2 has no sound for {unknown} of the characters in {text[:60]!r}.")

    def _generate(self, piece: Piece, language: str, seed: int) -> np.ndarray:
        """float32 (n,) at 24 kHz, in -1..1. Raises Implausible for sound that cannot be the whole piece."""
        text = xtts_text.spoken_form(piece, language)
        made = None
        while made is None:
            with contextlib.suppress(NotFinite):
                made = self._infer(text, language, seed)
            if made is None:  # outside of the except clause, whose traceback holds the model
                self._fall_back()
        samples, codes = made
        seconds = len(samples) / SAMPLE_RATE
        if codes >= self._model.gpt.max_gen_mel_tokens:
            raise Implausible(f"the model came to no end within {codes} audio codes ({seconds:.1f} s)")
        if seconds < LEAST_S_PER_LETTER * xtts_text.letter_count(text):
            raise Implausible(f"the model stopped after {seconds:.1f} s, too soon for so much text")
        if np.abs(samples).max() < SILENT_PEAK:
            raise Implausible("the model made no sound")
        return samples

    def _infer(self, text: str, language: str, seed: int) -> tuple[np.ndarray, int]:
        """Samples and the number of audio codes, with the checkpoint's own sampling settings. Raises NotFinite."""
        import torch

        config = self._model.config
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):  # leaves the global generators as they were
            torch.manual_seed(seed)
            try:
                made = self._model.inference(
                    text,
                    language,
                    self._speaker.manner.to(self._dtype),
                    self._speaker.timbre,
                    temperature=config.temperature,
                    length_penalty=config.length_penalty,
                    repetition_penalty=config.repetition_penalty,
                    top_k=config.top_k,
                    top_p=config.top_p,
                )
            except RuntimeError as error:
                if not memory.is_out_of_memory(error):
                    raise
                made = None
        if made is None:  # outside of the except clause, whose traceback holds the tensors
            memory.release(self._device)
            raise Implausible(f"out of memory on {memory.describe(self._device)}")
        if not np.isfinite(made["wav"]).all():
            raise NotFinite
        return made["wav"], made["gpt_latents"].shape[1]  # one latent for each code, the stop token among them

    def _fall_back(self) -> None:
        """Go on with the GPT in float32. Raises EnvironmentProblem when it was so already."""
        import torch

        if self._dtype == torch.float32:
            raise EnvironmentProblem(
                f"XTTS-v2 computes values that are not finite: its weights may be damaged. {strict.mend()}."
            )
        self.notes.append(f"XTTS-v2 computed values that are not finite in {self._dtype}; it went on in float32.")
        self._drop()
        memory.release(self._device)
        self._dtype = torch.float32
        memory.refuse_too_small(NEEDS, self._need_bytes(), self._device)
        self._load()

    def _need_bytes(self) -> int:
        return xtts_checkpoint.need_bytes(self._weights, self._dtype.itemsize, on_gpu=self._device.type == "cuda")


def keep_speaker(reference: Path) -> None:
    """Compute what XTTS hears of a recording and keep it, as the first speech with it would. Raises as the voice does."""
    with XttsVoice(reference, None, seed=0):
        pass


def seed_of(seed: int, place: str, attempt: int) -> int:
    """A seed for one try at one piece: the same piece of the same request always has the same."""
    return int.from_bytes(hashlib.sha256(f"{seed} {place} {attempt}".encode()).digest()[:8], "big")


def join(utterances: list[Utterance]) -> Speech:
    """All utterances in a row, each with its pause, silence at both ends, the loudest sample at PEAK."""
    pauses_s = [*(each.piece.pause_s for each in utterances[:-1]), LEAD_OUT_S]
    parts = [np.zeros(round(LEAD_IN_S * SAMPLE_RATE), np.float32)]
    words = []
    for utterance, pause_s in zip(utterances, pauses_s, strict=True):
        start_s = sum(map(len, parts)) / SAMPLE_RATE
        words += xtts_text.timed_words(utterance.piece, start_s, start_s + len(utterance.samples) / SAMPLE_RATE)
        parts += [utterance.samples, np.zeros(round(pause_s * SAMPLE_RATE), np.float32)]
    samples = np.concatenate(parts)
    samples *= PEAK / np.abs(samples).max()
    return Speech(samples, SAMPLE_RATE, words=words)


def with_silence(speech: Speech, seconds: float) -> Speech:
    """The speech, made `seconds` long by silence at its end. Raises RequestError when it is longer already."""
    from dataclasses import replace

    wanted = round(seconds * SAMPLE_RATE)
    if len(speech.samples) > wanted:
        raise RequestError(
            f"the text takes {speech.seconds:.1f} s to speak and XTTS-v2 keeps its own pace; "
            f"allow --seconds {np.ceil(speech.seconds * 10) / 10:.1f}, or shorten the text."
        )
    return replace(speech, samples=np.pad(speech.samples, (0, wanted - len(speech.samples))))
