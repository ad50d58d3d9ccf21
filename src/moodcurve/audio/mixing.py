"""Mix channels to one: their mean, or the strongest channel where they cancel each other."""

import math
from dataclasses import dataclass, field

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.audio.decoders import SampleArray

CANCELED = 0.01
"""Channels cancel each other if the power of their mean is below this share of their mean power: -20 dB."""
BLOCK_S = 1.0
"""Mean or single channel is decided for blocks of this length, at fixed positions of the recording."""
_SOUNDING = 1e-9
"""Mean square below which a block is silent and decides nothing: -90 dB, about the smallest 16-bit step."""
# Headers round durations (to 1 ms, or to a frame of up to 2048 samples); a smaller difference is not reported
_MISSING_S = 0.1
# Loud masters exceed full scale occasionally; above this share of all samples the scale itself is wrong
_CLIPPED = 0.01


@dataclass
class MonoMixer:
    """Mixes channels to one, and counts what the user is warned of.

    Mono is the mean of the channels. If the mean's power is 20 dB or more below the mean power of the channels, they
    cancel each other, as with one cable reversed, and the strongest channel is taken instead. Both powers are summed
    over all blocks of 1 s that are not silent, from the start of the recording to the end of the block that is
    decided: a recording is then heard in one way throughout, however it is read. Independent channels, which are C
    times as strong as their mean, do not count as canceled up to C = 100.

    Attributes
    ----------
    block_s : float
        Length of these blocks. Several channels are returned block by block, so live use takes shorter ones.
    """

    block_s: float = BLOCK_S
    read_s: float = 0.0
    samples: int = 0
    not_finite: int = 0
    clipped: int = 0
    peak: float = 0.0
    canceled_s: float = 0.0
    _rate: int = 0
    _held: SampleArray | None = None  # an incomplete block
    _powers: FloatArray = field(default_factory=lambda: np.zeros(0))  # of the mean, and of each channel
    _channel: int | None = None  # taken instead of the mean

    def mix(self, samples: SampleArray, rate: int) -> Float32Array:
        """Return the complete blocks of (frames, channels) at one rate, made finite and clipped to [-1, 1] first."""
        samples = self._cleaned(samples, rate)
        if samples.shape[1] == 1 and self._held is None:
            return samples[:, 0].astype(np.float32)
        before = np.empty(0, np.float32)
        if self._held is not None and self._held.shape[1] != samples.shape[1]:
            before = self.flush()
        if self._held is not None:
            samples = np.concatenate([self._held, samples])
        self._rate = rate
        size = round(self.block_s * rate)
        whole = len(samples) // size * size
        self._held = samples[whole:]
        return np.concatenate([before, *(self._mixed(samples[i : i + size]) for i in range(0, whole, size))])

    def flush(self) -> Float32Array:
        """Return the last, incomplete block: before the rate or the number of channels changes, and at the end."""
        held, self._held = self._held, None
        return np.empty(0, np.float32) if held is None else self._mixed(held)

    def _cleaned(self, samples: SampleArray, rate: int) -> SampleArray:
        self.read_s += len(samples) / rate
        self.samples += samples.size
        peak = _peak(samples)
        if not math.isfinite(peak):
            finite = np.isfinite(samples)
            self.not_finite += samples.size - int(np.count_nonzero(finite))
            samples = np.where(finite, samples, 0)
            peak = _peak(samples)
        if peak > 1:
            self.clipped += int(np.count_nonzero(np.abs(samples) > 1))
            samples = np.clip(samples, -1, 1)
        self.peak = max(self.peak, min(peak, 1.0))
        return samples

    def _mixed(self, samples: SampleArray) -> Float32Array:
        """Mix one block (frames, channels)."""
        count = samples.shape[1]
        mono = samples[:, 0].astype(np.float32)
        for channel in range(1, count):
            mono += samples[:, channel]
        mono /= np.float32(count)
        if count == 1 or not len(mono):
            return mono
        columns = [mono, *(samples[:, channel].astype(np.float32, copy=False) for channel in range(count))]
        self._decide(np.array([np.dot(x, x) for x in columns], np.float64), len(mono))
        if self._channel is None:
            return mono
        self.canceled_s += len(mono) / self._rate
        return columns[1 + self._channel]

    def _decide(self, powers: FloatArray, frames: int) -> None:
        """Add the sums of squares of a block: of the mean, and of each channel."""
        if len(powers) != len(self._powers):
            self._powers, self._channel = np.zeros(len(powers)), None
        if powers[1:].mean() < _SOUNDING * frames:
            return
        self._powers += powers
        if self._powers[0] > CANCELED * self._powers[1:].mean():
            self._channel = None
        elif self._channel is None:  # kept from then on, so that the sign does not change in the middle
            self._channel = int(np.argmax(self._powers[1:]))

    def warnings(self, claimed_s: float | None, damage: list[str]) -> list[str]:
        """Return what the user is warned of, after the last block.

        Parameters
        ----------
        claimed_s : float or None
            Duration that the file's header states.
        damage : list of str
            Problems that the decoder found.
        """
        found = []
        missing = claimed_s is not None and self.read_s < claimed_s - _MISSING_S
        if missing or damage:
            what = f"only {self.read_s:.1f} s of {claimed_s:.1f} s" if missing else f"only {self.read_s:.1f} s"
            why = f" ({'; '.join(damage)})" if damage else ""
            found.append(f"{what} could be read: the file is truncated or damaged{why}; only this part was analyzed")
        if self.not_finite:
            found.append(f"{self.not_finite} samples that are not finite numbers were replaced by 0")
        if self.clipped > _CLIPPED * self.samples:
            found.append(f"{self.clipped / self.samples:.0%} of the samples exceed full scale and were clipped")
        if self.peak < 2**-15:
            found.append("silent: no sample reaches the smallest 16-bit step")
        if self.canceled_s:
            part = f" for {self.canceled_s:.0f} of {self.read_s:.0f} s" if self.canceled_s < 0.9 * self.read_s else ""
            found.append(f"the channels cancel each other: the strongest one is analyzed instead of their mean{part}")
        return found


def _peak(x: SampleArray) -> float:
    """Return the largest magnitude; not finite if any sample is not, since all three functions propagate NaN."""
    return float(np.maximum(x.max(), -x.min()))
