"""A cloned voice that may be published with: Pocket TTS, speaking as the reference does, on a CPU or a GPU."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from avatar.device import memory
from avatar.device.libraries import FFMPEG, TORCH, TRANSFORMERS
from avatar.device.quiet import quiet_transformers
from avatar.device.smaller_steps import is_out_of_memory
from avatar.device.threads import torch_threads
from avatar.engines import Told, WantedSpeech
from avatar.errors import EnvironmentProblem, RequestError
from avatar.media import READS_SOUND
from avatar.media.tempo import at_speed
from avatar.progress import Progress
from avatar.script.length import estimate_seconds
from avatar.script.reader import read
from avatar.voice.given.timing import of_text
from avatar.voice.kept import KeptSpeech, Sound
from avatar.voice.length import ENOUGH, FASTEST, SURE
from avatar.voice.pieces import Piece, joined, letter_count, sentences, shortened
from avatar.voice.piecewise import CLONED_CODE, Implausible, NotFinite, Piecewise, Task, problem_of
from avatar.voice.pocket import checkpoint
from avatar.voice.pocket import speaker as pocket_speaker
from avatar.voice.pocket import text as pocket_text
from avatar.voice.pocket.generation import most_frames, spoken
from avatar.voice.pocket.sound import decoded
from avatar.voice.recording import check_reference, heard_in_part, trim
from avatar.voice.speech import Speech
from avatar.voice.utterances import SAMPLE_RATE, Utterance, does_not_fit, join, with_silence
from avatar.weights import store, strict
from avatar.weights.lock import POCKET_TTS

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from avatar.device.hardware import Profile
    from avatar.voice.pocket.checkpoint import Models

FADE_IN_S = 0.005  # of each piece: a decoder that begins anew makes a click
CREDIT = ("the voice is cloned with Pocket TTS (Kyutai, CC-BY-4.0): its owner must have agreed, and Kyutai is credited "
          "where the video is published")  # fmt: skip
UNTIMED = ("the text's sounds were not found in the speech of it: the preview's mouth follows its loudness, and captions are "
           "timed by the words' length")  # fmt: skip
NEEDS = "voice (Pocket TTS)"  # who needs the memory, in messages


class PocketVoice(Piecewise):
    """Pocket TTS, loaded once for any number of speeches, in float32 wherever it runs: it is small.

    The same request and thread count give the same bytes on a CPU, whatever was spoken before.
    """

    called: ClassVar[str] = "Pocket TTS"
    name: ClassVar[str] = "pocket-tts"
    fastest: ClassVar[float] = FASTEST
    version: ClassVar[str] = "1"
    models: ClassVar[tuple[str, ...]] = tuple(POCKET_TTS.values())
    libraries: ClassVar[tuple[str, ...]] = (
        *TORCH, *TRANSFORMERS, *FFMPEG, "annotated-types", "cffi", "espeakng-loader", "pocketsphinx", "pydantic", "pydantic-core",
        "scipy", "soundfile", "soxr", "torchaudio", "typing-inspection",
    )  # fmt: skip
    code: ClassVar[tuple[str, ...]] = (
        "script", *CLONED_CODE, "voice/given", "voice/pocket", "voice/presets/espeak.py",
        "media/tempo.py", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ("device",)

    def __init__(self, models: Models, tokenizer: Tokenizer, usage: memory.Usage) -> None:
        """Callers use `load`."""
        self._models, self._tokenizer, self._usage = models, tokenizer, usage
        self.notes: list[str] = []

    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if wanted.preset:
            raise RequestError(
                f"{wanted.preset!r} is a preset of the preview stack, and Pocket TTS speaks with the voice of a recording; "
                "give one of them.",
                ("preset", "engine"),
            )
        pocket_text.refuse_language(wanted.language)
        if wanted.reference is None:
            raise RequestError(
                "Pocket TTS speaks with the voice of a recording, and there is none; give a voice.", ("voice", "engine")
            )
        check_reference(wanted.reference)
        checkpoint.refuse_ungated(POCKET_TTS[wanted.language])
        for piece in (pieces := sentences(wanted.text or "", wanted.language)):
            for word in piece.words:
                longest = max(word.spoken.split(), key=len, default="")
                if len(longest) > pocket_text.MOST_LETTERS:
                    raise RequestError(
                        f"the word {word.written[:24]!r}… has {len(longest)} characters as it is spoken; Pocket TTS speaks "
                        f"{pocket_text.MOST_LETTERS} in one go, write it in parts."
                    )
        if not pieces and any(map(str.isalpha, wanted.text or "")):
            raise RequestError(
                f"{(wanted.text or '')[:60]!r} is in letters that Pocket TTS does not know; is it {wanted.language!r}?",
                ("text", "language"),
            )
        if not pieces:
            raise RequestError("there is nothing in the text that can be spoken; write at least one word.")
        about_s = estimate_seconds(wanted.text or "", wanted.language)
        if wanted.seconds and SURE * about_s > FASTEST * wanted.seconds:
            raise does_not_fit(f"about {about_s:.0f} s", ENOUGH * about_s, PocketVoice.called, FASTEST)

    @staticmethod
    def inputs(wanted: WantedSpeech) -> dict:
        return {}

    # ------------------------------------------------------------ loading

    @classmethod
    @contextlib.contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[PocketVoice]:
        """The engine with its models on the profile's device; None is the CPU, as the preview has it.

        threads: of the CPU, for the whole process until the block ends; sums differ in their last digits with their
        number. Raises EnvironmentProblem for weights that are missing or wrong and for a device that is too small.
        """
        from tokenizers import Tokenizer

        from avatar.device.hardware import profile_named

        profile = profile or profile_named("cpu")
        (model,) = cls.models
        with contextlib.ExitStack() as undo:
            undo.enter_context(torch_threads(threads))
            files = store.require(model)
            weights = store.converted(model, checkpoint.CONVERTED, checkpoint.convert, checkpoint.CONVERTER)
            device = memory.device(profile)
            need_bytes = checkpoint.need_bytes(weights, on_gpu=device.type == "cuda")
            usage = undo.enter_context(memory.measured(NEEDS, need_bytes, device, profile))
            undo.enter_context(quiet_transformers())
            source, vocabulary = (checkpoint.of_kind(files, end) for end in (checkpoint.WEIGHTS, checkpoint.VOCABULARY))
            voice = cls(checkpoint.load(weights, source, device), Tokenizer.from_file(str(vocabulary)), usage)
            undo.callback(voice._drop)
            yield voice
        voice.notes += usage.notes

    def _drop(self) -> None:
        del self._models

    # ------------------------------------------------------------ the speaker

    def _read_speaker(self, reference: Path, told: Told) -> torch.Tensor:
        """The latents of a reference, from the file where they are kept, else computed now."""
        import torch

        (model,) = self.models
        recording = trim(check_reference(reference))
        reference_sha256 = hashlib.sha256(reference.read_bytes()).hexdigest()
        path = pocket_speaker.kept_path(reference_sha256, store.digest(model))
        voice = pocket_speaker.kept(path)
        if voice is None:
            voice = pocket_speaker.from_recording(self._models.codec, recording)
            if not torch.isfinite(voice).all():
                raise self._damaged(f"computes no usable voice from {reference.name!r}")
            pocket_speaker.keep(voice, path)
            memory.release(self._models.speech.device)
        told.facts |= {"voice_match": "cloned", "reference_sha256": reference_sha256}
        told.notes += [CREDIT, *recording.warnings, *heard_in_part(recording, pocket_speaker.LONGEST_S)]
        return voice

    # ------------------------------------------------------------ speaking

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress, kept: KeptSpeech | None = None) -> Speech:
        """Speech of the whole text at 24 kHz, sentence by sentence, each of which is told to progress.

        `seconds` adds silence at the end, or lets it speak up to FASTEST. The times of phones and words are found in the sound itself, as those of
        a recording with its transcript; where they are not found, phones is empty and words are estimated by their length
        in writing. told: facts weights, memory, voice_match, reference_sha256. Raises RequestError for a language or text
        that cannot be spoken or does not fit, InputError for the reference, AvatarError where the model will not speak a
        sentence as a whole.
        """
        self.check(wanted)
        assert wanted.reference is not None  # which `check` refuses
        text, language = wanted.text or "", wanted.language
        speaker = self._read_speaker(wanted.reference, told)
        task = Task(speaker, language, wanted.seed, wanted.speed, told.notes, kept or KeptSpeech())

        def fits(piece: Piece) -> bool:
            return self._fits(piece, language)

        pieces = joined([part for each in sentences(text, language) for part in shortened(each, fits)], fits)
        told.notes += read(text, language).notes
        may_s = wanted.seconds and wanted.seconds * FASTEST
        utterances = self._say_all(pieces, task, may_s, progress)
        speech = join(utterances, wanted.speed)
        if wanted.seconds and wanted.seconds < speech.seconds <= FASTEST * wanted.seconds:
            speech = faster(utterances, wanted.seconds)
        told.facts |= {"weights": store.facts(self.models[0]), "memory": self._usage.as_facts()}
        if timing := of_text(speech.samples, SAMPLE_RATE, text, language):
            speech = replace(speech, phones=timing.phones, words=timing.words)
        else:
            told.notes.append(UNTIMED)
        return speech if wanted.seconds is None else with_silence(speech, wanted.seconds, self.called, FASTEST)

    def _fits(self, piece: Piece, language: str) -> bool:
        return len(self._tokens(self._spoken_form(piece, language))) <= pocket_text.MOST_TOKENS

    def _spoken_form(self, piece: Piece, language: str) -> str:
        return pocket_text.spoken_form(piece)

    def _tokens(self, text: str) -> list[int]:
        return self._tokenizer.encode(text).ids

    def _look_for_unknown_letters(self, piece: Piece, task: Task) -> None:
        """Note what the vocabulary lacks. Raises RequestError where that is most of the piece."""
        text = self._spoken_form(piece, task.language)
        alphabet = self._tokenizer.get_vocab()
        unknown = sum(each.isalnum() and each not in alphabet for each in text)
        if unknown > letter_count(text) / 2:
            raise RequestError(
                f"most of {text[:60]!r} is in letters that Pocket TTS does not know; is it {task.language!r}?"
            )
        if unknown:
            task.notes.append(f"Pocket TTS has no sound for {unknown} of the characters in {text[:60]!r}.")

    def _said(self, text: str, task: Task, seed: int) -> dict[str, object]:
        """Without the speed: what is kept is at the model's own pace, and stretched afterwards."""
        return {"text": text, "seed": seed}

    def _known_s(self, piece: Piece, before: int, task: Task) -> float | None:
        known_s = super()._known_s(piece, before, task)
        return known_s and known_s / task.speed

    def _generate(self, text: str, task: Task, seed: int) -> np.ndarray:
        return at_speed(super()._generate(text, task, seed), SAMPLE_RATE, task.speed)

    def _judged(self, text: str, task: Task, seed: int) -> Sound:
        """The sound at the model's own pace, with what is wrong with it."""
        tokens = self._tokens(text)
        most = most_frames(tokens, self._models.speech.config.frame_rate)
        samples, frames = self._infer(tokens, pocket_text.frames_after_end(text), most, task, seed)
        problem = problem_of(samples, text)
        if frames >= most:
            problem = f"the model came to no end within {frames} frames ({len(samples) / SAMPLE_RATE:.1f} s)"
        return Sound(samples[:0] if problem else samples, problem=problem)

    def _infer(self, tokens: list[int], after: int, most: int, task: Task, seed: int) -> tuple[np.ndarray, int]:
        """Samples, and how many latents they were made of. after: latents after the end; most: latents in all.

        Raises NotFinite, and Implausible where the device has no memory left.
        """
        import torch

        speech, codec = self._models
        latents = None
        try:
            with torch.inference_mode():
                latents = spoken(speech, task.speaker, tokens, after, most, seed)
                samples = decoded(codec, latents)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            samples = np.zeros(0, np.float32)
        if latents is None or not len(samples):  # outside of the except clause, whose traceback holds the tensors
            memory.release(speech.device)
            raise Implausible(f"out of memory on {memory.describe(speech.device)}")
        if not np.isfinite(samples).all():
            raise NotFinite
        fade = np.linspace(0, 1, round(FADE_IN_S * SAMPLE_RATE), dtype=np.float32)
        samples[: len(fade)] *= fade
        return samples, len(latents)

    def _fall_back(self) -> None:
        raise self._damaged("computes values that are not finite")

    def _damaged(self, does: str) -> EnvironmentProblem:
        return EnvironmentProblem(f"Pocket TTS {does}: its weights may be damaged. {strict.mend()}.")


def faster(utterances: list[Utterance], seconds: float) -> Speech:
    """The utterances so much faster that all of them take no longer than this."""
    speed = 1.0
    while (
        speech := join(
            [replace(each, samples=at_speed(each.samples, SAMPLE_RATE, speed)) for each in utterances], speed
        )
    ).seconds > seconds:
        speed *= max(1.002, speech.seconds / seconds)  # silence at both ends keeps its length
    return speech


def keep_speaker(reference: Path) -> None:
    """Compute what Pocket TTS hears of a recording and keep it, as the first speech with it would. Raises as it does."""
    with PocketVoice.load() as voice:
        voice._read_speaker(reference, Told())
