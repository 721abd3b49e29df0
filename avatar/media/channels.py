"""Several channels as one, so that nothing cancels: the louder channel, or a mix in which the channels agree.

Which channels a mix may hold is known only when all have been heard, and the file is decoded once: so the blocks are put
aside, in memory while they are few and in a temporary file where they are many, and mixed at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from avatar.errors import TemporaryProblem

# Octaves in which speech is heard, Hz. Below them is hum, wind and what a subwoofer plays; above, hiss.
OCTAVES = ((200, 400), (400, 800), (800, 1600), (1600, 3200), (3200, 6400))
# A channel so far below the leading one adds its noise and nothing else.
QUIETER_DB = 10.0
# Two channels cancel in an octave of a second where their sum has less than half the energy that strangers' would have
# (correlation below -0.5): a wire the wrong way round, or two microphones at two distances.
CANCELLING = -0.5
MOST_CANCELLING = 0.05  # of the energy
# From five channels on, films keep what is spoken in the third. It leads unless it is this far below the loudest.
CENTRE, CENTRE_QUIETER_DB = 2, 15.0
BESIDE_CENTRE = 0.5**0.5  # the weight of the others, as ITU-R BS.775 has it
IN_MEMORY = 64 << 20  # bytes put aside before a temporary file is used


@dataclass(frozen=True)
class Mix:
    """weights: float64 (channels,), their sum 1. cancels: a channel was left out because it would have taken from the
    sound."""

    weights: np.ndarray
    cancels: bool


@dataclass
class Channels:
    """Blocks of sound, put aside. Close it by `with`."""

    count: int
    sample_rate: int
    _spectra: list[np.ndarray] = field(default_factory=list)
    _lengths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        most = IN_MEMORY if self.count > 1 else 0  # 0: always in memory
        self._aside = tempfile.SpooledTemporaryFile(most)  # noqa: SIM115 it is closed with this

    def __enter__(self) -> Channels:
        return self

    def __exit__(self, *error: object) -> None:
        self._aside.close()

    def add(self, block: np.ndarray) -> None:
        """block: float32 (n, channels), a second or less. Raises TemporaryProblem when the disk is full."""
        self._lengths.append(len(block))
        if self.count > 1:
            self._spectra.append(cross_spectra(block, self.sample_rate))
        try:
            self._aside.write(np.asarray(block, np.float32).tobytes())
        except OSError as error:
            raise TemporaryProblem(
                f"there is no room for a temporary file in {tempfile.gettempdir()}: {error.strerror}; free some space "
                "there, then run the same command again."
            ) from error

    def mix(self) -> Mix:
        if self.count == 1 or not self._spectra:
            return Mix(np.full(self.count, 1 / self.count), cancels=False)
        return chosen(np.concatenate(self._spectra))

    def mixed(self, mix: Mix) -> np.ndarray:
        """All of it as one channel, float32 (n,)."""
        samples = np.empty(sum(self._lengths), np.float32)
        begin = 0
        for block in self.mixed_blocks(mix):
            samples[begin : begin + len(block)] = block
            begin += len(block)
        return samples

    def mixed_blocks(self, mix: Mix) -> Iterator[np.ndarray]:
        """The same block by block, as they were added."""
        weights = mix.weights.astype(np.float32)
        self._aside.seek(0)
        for length in self._lengths:
            block = np.frombuffer(self._aside.read(4 * length * self.count), np.float32).reshape(length, self.count)
            yield block @ weights if self.count > 1 else block[:, 0]


def cross_spectra(block: np.ndarray, sample_rate: int) -> np.ndarray:
    """What each two channels of a block have in common in each octave: float64 (octaves, channels, channels).

    On the diagonal is a channel's energy. Delays count: two channels cancel where one comes half a wave later. Energy is
    weighted by frequency, or the upper octaves of speech, which make it clear, would count for nothing.
    """
    frequency = np.fft.rfftfreq(len(block), 1 / sample_rate)
    spectrum = np.fft.rfft(block, axis=0) * np.sqrt(frequency)[:, None]
    found = []
    for low, high in OCTAVES:
        some = spectrum[(frequency >= low) & (frequency < high)]
        found.append((some.conj().T @ some).real / max(len(block), 1))
    return np.array(found)


def chosen(spectra: np.ndarray) -> Mix:
    """The mix that holds the leading channel and every other that is near it in loudness and does not take from it.

    spectra: (octaves and seconds, channels, channels), as `cross_spectra` gives them.
    """
    energy = np.einsum("kii->i", spectra)
    count = len(energy)
    lead = int(np.argmax(energy))
    has_centre = count > 4 and energy[CENTRE] >= energy[lead] / 10 ** (CENTRE_QUIETER_DB / 10)
    lead = CENTRE if has_centre else lead
    weights, cancels = np.zeros(count), False
    weights[lead] = 1.0
    for other in np.argsort(-energy, kind="stable"):
        if other == lead or energy[other] < energy[lead] / 10 ** (QUIETER_DB / 10):
            continue
        if takes_from(weights, other, spectra):
            cancels = True
        else:
            weights[other] = BESIDE_CENTRE if has_centre else 1.0
    return Mix(weights / weights.sum(), cancels)


def takes_from(weights: np.ndarray, other: int, spectra: np.ndarray) -> bool:
    """Whether a mix and another channel cancel in more than MOST_CANCELLING of their energy."""
    of_mix = np.einsum("i,kij,j->k", weights, spectra, weights)
    of_other = spectra[:, other, other]
    common = spectra[:, :, other] @ weights
    both = of_mix + of_other
    is_lost = 2 * common < CANCELLING * both
    return float(both[is_lost].sum()) > MOST_CANCELLING * float(both.sum())
