"""Turn sound of any rate and number of channels into one channel at 44.1 kHz, with little delay."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import soxr

from moodcurve._typing import Float32Array
from moodcurve.audio import ANALYSIS_SR
from moodcurve.audio.mixing import MonoMixer
from moodcurve.audio.reader import SR_RANGE
from moodcurve.live.events import AudioBlock, LiveError
from moodcurve.util.text import counted

BLOCK_S = 0.02
"""Several channels are mixed in blocks of this length, which is their delay."""


class MonoStream:
    """Mixes and resamples sound as files are, see `MonoMixer`; a new rate or number of channels may come at any time.

    Attributes
    ----------
    notices : list of str
        What the user should know since the list was emptied: a new rate, samples that are no numbers, channels that
        cancel each other. The last two are stated once.
    """

    def __init__(self) -> None:
        self.notices: list[str] = []
        self._rate = 0  # of the sound before; 0 before the first
        self._open = False
        self._mixer = MonoMixer(BLOCK_S)
        self._resampler: Any = None
        self._told_not_finite = self._told_canceled = False

    def push(self, sound: AudioBlock) -> Iterator[Float32Array]:
        """Yield the samples that are complete, at `ANALYSIS_SR`.

        Raises
        ------
        LiveError
            If the rate cannot be resampled.
        """
        if sound.rate != self._rate or not self._open:
            yield self.flush()
            self._set_rate(sound.rate)
        if len(sound.samples):
            yield self._resampled(self._mixer.mix(sound.samples, sound.rate), last=False)
        self._add_notices()

    def flush(self) -> Float32Array:
        """Return what is left of the sound so far, before another rate, an interruption, and at the end."""
        if not self._open:
            return np.empty(0, np.float32)
        self._open = False
        return self._resampled(self._mixer.flush(), last=True)

    def _set_rate(self, rate: int) -> None:
        if not SR_RANGE[0] <= rate <= SR_RANGE[1]:
            raise LiveError(f"a sample rate of {rate} Hz is not between {SR_RANGE[0]} and {SR_RANGE[1]} Hz")
        if self._rate not in (0, rate):
            self.notices.append(f"the sample rate changes from {self._rate} to {rate} Hz")
        self._rate, self._open = rate, True
        self._resampler = (
            soxr.ResampleStream(rate, ANALYSIS_SR, 1, "float32", quality="HQ") if rate != ANALYSIS_SR else None
        )

    def _resampled(self, mono: Float32Array, *, last: bool) -> Float32Array:
        out: Float32Array = self._resampler.resample_chunk(mono, last=last) if self._resampler else mono
        return out

    def _add_notices(self) -> None:
        if self._mixer.not_finite and not self._told_not_finite:
            self._told_not_finite = True
            self.notices.append(f"{counted(self._mixer.not_finite, 'sample')} that are no numbers count as 0")
        if self._mixer.canceled_s and not self._told_canceled:
            self._told_canceled = True
            self.notices.append("the channels cancel each other: the strongest one is heard instead of their mean")
