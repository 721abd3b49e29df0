"""The full stack's voice: XTTS-v2, speaking as the reference does, or as the first speaker of its checkpoint."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from avatar.device import memory
from avatar.device.libraries import COQUI_TTS, FFMPEG, TORCH, TRANSFORMERS
from avatar.device.quiet import quiet_transformers
from avatar.device.smaller_steps import is_out_of_memory
from avatar.device.threads import torch_threads
from avatar.engines import Told, WantedSpeech
from avatar.errors import EnvironmentProblem, RequestError
from avatar.media import READS_SOUND
from avatar.progress import Progress
from avatar.script.length import estimate_seconds
from avatar.script.reader import read
from avatar.voice.kept import KeptSpeech, Sound
from avatar.voice.length import ENOUGH, SURE
from avatar.voice.pieces import Piece, letter_count
from avatar.voice.piecewise import CLONED_CODE, Implausible, NotFinite, Piecewise, Task, problem_of
from avatar.voice.recording import check_reference, heard_in_part, trim
from avatar.voice.speech import Speech
from avatar.voice.utterances import SAMPLE_RATE, does_not_fit, join, with_silence
from avatar.voice.xtts import checkpoint as xtts_checkpoint
from avatar.voice.xtts import speaker as xtts_speaker
from avatar.voice.xtts import text as xtts_text
from avatar.voice.xtts.checkpoint import MODEL
from avatar.voice.xtts.speaker import Speaker
from avatar.weights import store, strict

if TYPE_CHECKING:
    import torch
    from TTS.tts.models.xtts import Xtts

    from avatar.device.hardware import Profile

NEEDS = "voice (XTTS-v2)"  # who needs the memory, in messages


class XttsVoice(Piecewise):
    """XTTS-v2, loaded once for any number of speeches.

    The same request and thread count give the same bytes on a CPU, whatever was spoken before. Each sentence has a seed
    of its own, drawn from its words and from how often they stood before: a change in one leaves the others' sound as it
    was, but for its level, wherever they stand. Values that half precision cannot hold are computed in float32, from then
    on to the end of that speech.
    """

    called: ClassVar[str] = "XTTS-v2"
    name: ClassVar[str] = "xtts-v2"
    version: ClassVar[str] = "2"
    models: ClassVar[tuple[str, ...]] = (MODEL,)
    libraries: ClassVar[tuple[str, ...]] = (*TORCH, *TRANSFORMERS, *COQUI_TTS, *FFMPEG)
    code: ClassVar[tuple[str, ...]] = (
        "script", *CLONED_CODE, "voice/xtts", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ("device", "voice_dtype")

    def __init__(
        self,
        files: Mapping[str, Path],
        weights: Path,
        device: torch.device,
        gpt_dtype: torch.dtype,
        profile: Profile | None = None,
    ) -> None:
        """Callers use `load`. files: of the checkpoint, by their names there; weights: what was converted of them; profile:
        for messages."""
        self._files, self._weights, self._device, self._dtype = files, weights, device, gpt_dtype
        self._own_dtype, self._profile = gpt_dtype, profile
        self._usage = memory.Usage(NEEDS, str(device))  # until `load` measures
        self._lasting: list[str] = []  # notes that hold for all that is spoken from then on
        self._fell_back = ""  # why, where this speech goes on in float32
        self.notes: list[str] = []

    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if wanted.preset:
            raise RequestError(
                f"{wanted.preset!r} is a preset of the preview stack; the full stack speaks with the voice of a recording, "
                "or with XTTS-v2's own first speaker.",
                ("preset",),
            )
        xtts_text.refuse_language(wanted.language)
        if wanted.reference:
            check_reference(wanted.reference)
        xtts_text.split(wanted.text or "", wanted.language)  # refuses what it could not speak
        if wanted.seconds and SURE * (about_s := estimate_seconds(wanted.text or "", wanted.language)) > wanted.seconds:
            raise does_not_fit(f"about {about_s:.0f} s", ENOUGH * about_s, XttsVoice.called)

    @staticmethod
    def inputs(wanted: WantedSpeech) -> dict:
        return {}

    # ------------------------------------------------------------ loading

    @classmethod
    @contextlib.contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[XttsVoice]:
        """The engine with its model on the profile's device, its GPT in the profile's voice_dtype.

        threads: of the CPU, for the whole process until the block ends; sums differ in their last digits with their
        number. Raises EnvironmentProblem for weights that are missing or wrong and for a device that is too small.
        """
        import torch

        profile = profile or memory.profile()
        with contextlib.ExitStack() as undo:
            undo.enter_context(torch_threads(threads))
            files = store.require(MODEL)
            weights = store.converted(MODEL, "model.safetensors", xtts_checkpoint.convert, xtts_checkpoint.CONVERTER)
            device = memory.device(profile)
            voice = cls(files, weights, device, getattr(torch, profile.voice_dtype), profile)
            voice._usage = undo.enter_context(memory.measured(NEEDS, voice._need_bytes(), device, profile))
            undo.callback(voice._drop)
            undo.enter_context(quiet_transformers())
            voice._load()
            yield voice
        voice.notes += voice._usage.notes

    def _load(self) -> None:
        """Set self._ears, in float32 on the CPU, and self._model."""
        self._lasting.clear()  # of the model before, which a fall-back replaces
        self._model = self._read_model()
        self._ears = xtts_speaker.take_ears(self._model)
        xtts_checkpoint.set_gpt_dtype(self._model, self._dtype)
        self._model.to(self._device)
        if self._device.type == "cuda":  # with graphs or without: the switch may not change what is spoken
            from avatar.voice.xtts import graph as xtts_graph

            gpt = xtts_checkpoint.gpt_of(self._model)
            xtts_graph.code_by_code(gpt, recorded=memory.cuda_graphs(), notes=self._lasting)

    def _read_model(self) -> Xtts:
        return xtts_checkpoint.load(self._files, self._weights)

    def _drop(self) -> None:
        """Let the model go, or what there is of it where loading did not come to its end."""
        for name in ("_model", "_ears"):
            vars(self).pop(name, None)

    def _need_bytes(self) -> int:
        return xtts_checkpoint.need_bytes(self._weights, self._dtype.itemsize, on_gpu=self._device.type == "cuda")

    # ------------------------------------------------------------ the speaker

    def _read_speaker(self, reference: Path | None, told: Told) -> Speaker:
        """The reference's, from the file where it is kept, else computed now; else the checkpoint's first one."""
        if not reference:
            name, speaker = xtts_speaker.first_of(self._files["speakers_xtts.pth"])
            told.facts |= {"voice_match": "a speaker of XTTS-v2's own", "speaker": name}
            return speaker
        recording = trim(check_reference(reference))
        reference_sha256 = hashlib.sha256(reference.read_bytes()).hexdigest()
        path = xtts_speaker.kept_path(reference_sha256, store.digest(MODEL))
        speaker = xtts_speaker.kept(path)
        if speaker is None:
            speaker = xtts_speaker.from_recording(self._ears, recording)
            if not speaker.is_usable():
                raise EnvironmentProblem(
                    f"XTTS-v2 computes no usable voice from {reference.name!r}: its weights may be damaged. "
                    f"{strict.mend()}."
                )
            xtts_speaker.keep(speaker, path)
        told.facts |= {"voice_match": "cloned", "reference_sha256": reference_sha256}
        told.notes += [*recording.warnings, *heard_in_part(recording, xtts_speaker.LONGEST_S)]
        return speaker

    # ------------------------------------------------------------ speaking

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress, kept: KeptSpeech | None = None) -> Speech:
        """Speech of the whole text at 24 kHz, sentence by sentence, each of which is told to progress.

        `seconds` can only add silence at the end. phones is empty; the times of the words are estimated within each
        sentence by their length in writing: good for subtitles, no good for lips. told: facts weights, memory,
        gpt_dtype, voice_match, and speaker or reference_sha256. Raises RequestError for a language or text that cannot
        be spoken or does not fit, InputError for the reference, AvatarError where the model will not speak a sentence
        as a whole.
        """
        xtts_text.refuse_language(wanted.language)
        if self._fell_back:  # for another speech: this one has the bytes that it has by itself
            self._load_in(self._own_dtype)
            self._fell_back = ""  # only now: where that found no room, the next speech tries again
        speaker = self._read_speaker(wanted.reference, told)
        task = Task(speaker, wanted.language, wanted.seed, wanted.speed, told.notes, kept or KeptSpeech())
        pieces = xtts_text.split(wanted.text or "", wanted.language)
        told.notes += read(wanted.text or "", wanted.language).notes
        utterances = self._say_all(pieces, task, wanted.seconds, progress)
        told.notes += [*self._lasting, *filter(None, [self._fell_back])]
        told.facts |= {
            "weights": store.facts(MODEL),
            "memory": self._usage.as_facts(),
            "gpt_dtype": str(self._dtype).removeprefix("torch."),
        }
        speech = join(utterances, wanted.speed)
        return speech if wanted.seconds is None else with_silence(speech, wanted.seconds, self.called)

    def _fits(self, piece: Piece, language: str) -> bool:
        """Whether the text, with its numbers written out, is within the model's text positions."""
        return len(self._tokens(piece, language)) < self._model.args.gpt_max_text_tokens

    def _spoken_form(self, piece: Piece, language: str) -> str:
        return xtts_text.spoken_form(piece, language)

    def _tokens(self, piece: Piece, language: str) -> list[int]:
        """The piece as XTTS's tokenizer makes it. Raises RequestError for what its text cleaner cannot read."""
        text = self._spoken_form(piece, language)
        try:
            return self._model.tokenizer.encode(text.lower(), lang=language)
        except Exception as error:  # num2words raises whatever it happens upon, and has no Hindi at all
            raise RequestError(
                f"XTTS-v2's text cleaner cannot read {text[:60]!r} in {language!r} ({type(error).__name__}); "
                "write its numbers as words."
            ) from error

    def _look_for_unknown_letters(self, piece: Piece, task: Task) -> None:
        """Note what XTTS has no sound for. Raises RequestError where that is most of the piece."""
        text = self._spoken_form(piece, task.language)
        tokens = self._tokens(piece, task.language)
        unknown = tokens.count(xtts_checkpoint.number_of("[UNK]", self._model.tokenizer))
        if unknown > letter_count(text) / 2:
            raise RequestError(
                f"most of {text[:60]!r} is in letters that XTTS-v2 does not know; is it {task.language!r}?"
            )
        if unknown:
            task.notes.append(f"XTTS-v2 has no sound for {unknown} of the characters in {text[:60]!r}.")

    def _said(self, text: str, task: Task, seed: int) -> dict[str, object]:
        """What a sound is kept by, beside what is the same for the whole speech."""
        return {"text": text, "seed": seed, "speed": task.speed, "dtype": str(self._dtype)}

    def _judged(self, text: str, task: Task, seed: int) -> Sound:
        """The sound, with what is wrong with it. Raises NotFinite, and Implausible for what may go well another time."""
        samples, codes = self._infer(text, task, seed)
        problem = problem_of(samples, text, task.speed)
        if codes >= xtts_checkpoint.gpt_of(self._model).max_gen_mel_tokens:
            problem = f"the model came to no end within {codes} audio codes ({len(samples) / SAMPLE_RATE:.1f} s)"
        return Sound(samples[:0] if problem else samples, problem=problem)

    def _infer(self, text: str, task: Task, seed: int) -> tuple[np.ndarray, int]:
        """Samples and the number of audio codes, with the checkpoint's own sampling settings. Raises NotFinite."""
        import torch

        config = self._model.config
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):  # leaves the global generators as they were
            torch.manual_seed(seed)
            try:
                made = self._model.inference(
                    text,
                    task.language,
                    task.speaker.manner.to(self._dtype),
                    task.speaker.timbre,
                    temperature=config.temperature,
                    length_penalty=config.length_penalty,
                    repetition_penalty=config.repetition_penalty,
                    top_k=config.top_k,
                    top_p=config.top_p,
                    speed=task.speed,
                )
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                made = None
        if made is None:  # outside of the except clause, whose traceback holds the tensors
            memory.release(self._device)
            raise Implausible(f"out of memory on {memory.describe(self._device)}")
        if not np.isfinite(made["wav"]).all():
            raise NotFinite
        latents = made["gpt_latents"].shape[1]  # one for each code, the stop token among them, stretched by the speed
        return made["wav"], round(latents * task.speed)

    def _fall_back(self) -> None:
        """Go on with the GPT in float32. Raises EnvironmentProblem when it was so already."""
        import torch

        if self._dtype == torch.float32:
            raise EnvironmentProblem(
                f"XTTS-v2 computes values that are not finite: its weights may be damaged. {strict.mend()}."
            )
        self._fell_back = f"XTTS-v2 computed values that are not finite in {self._dtype}; it went on in float32."
        self._load_in(torch.float32)

    def _load_in(self, dtype: torch.dtype) -> None:
        """The model anew, its GPT in another type. Raises EnvironmentProblem where that does not fit."""
        self._drop()
        memory.release(self._device)
        self._dtype = dtype
        memory.refuse_too_small(NEEDS, self._need_bytes(), self._device, self._profile)
        self._load()


def keep_speaker(reference: Path) -> None:
    """Compute what XTTS hears of a recording and keep it, as the first speech with it would. Raises as the voice does."""
    with XttsVoice.load() as voice:
        voice._read_speaker(reference, Told())
