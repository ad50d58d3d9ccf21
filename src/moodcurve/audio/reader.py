"""A file of music as blocks of mono samples, whatever its format, rate, channels and length.

Everything that the features hear passes here once: decode (``decoders``), clip each channel, average the
channels, resample, clip again, cut into blocks. A file is never held in memory as a whole.
"""

import math
import os
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import soxr

from moodcurve._typing import Float32Array
from moodcurve.audio.decoders import DecodedFile, SampleArray, UnreadableError, open_decoded
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line

__all__ = ["ANALYSIS_SR", "AudioError", "AudioReader", "open_audio"]


ANALYSIS_SR = 44_100
"""Rate in Hz at which music is analysed; ``open_audio`` says why."""

_MAX_SAMPLE = np.float32(1 - 2**-15)  # the largest 16-bit sample
SR_RANGE = (4_000, 1_536_000)  # telephone speech and below, up to four times DSD128 as FFmpeg gives it

# A header may round its length (to 1 ms, or to a frame of up to 2048 samples); less than this is not missing
_MISSING_S = 0.1
# Sound that leaves less than this share of its peak in the mean of the channels has cancelled (-80 dB)
_CANCELLED = 1e-4
# Loud masters overshoot full scale now and then; above this share of all samples the scale itself is wrong
_CLIPPED = 0.01

_ACCEPTED = "WAV, AIFF, FLAC, OGG, Opus, MP3, M4A, WMA or a video with sound is accepted"


class AudioError(MoodcurveError):
    """A file that gives no sound: missing, not a file, unreadable, empty, not audio, or without a sample."""


def open_audio(
    path: str | os.PathLike[str], *, sr: int = ANALYSIS_SR, block_s: float = 10.0, name: str | None = None
) -> "AudioReader":
    r"""Open a file of music for reading in blocks, and decode enough of it to know that it has sound.

    The file's kind is told from its content, not from its name. Of several audio streams FFmpeg's choice is
    taken, the default one. Each sample then goes this way:

    1. A sample that is not finite becomes 0.
    2. Each channel is clipped to [-1, 1], as by a decoder to 16 bits: decoded MP3 overshoots full scale.
    3. Mono is the plain mean of the channels, :math:`x[n] = \frac{1}{C}\sum_c x_c[n]`. So one silent channel
       of two halves the level, and opposite channels cancel to silence (with a warning); a bass channel
       counts like any other.
    4. A rate other than ``sr`` is converted by soxr's HQ recipe: linear phase, no delay, flat within 0.01 dB
       up to 0.9 of the lower Nyquist frequency, images and aliases below -120 dB and so under the noise of
       16 bits (-98 dB). The VHQ recipe improves only on what lies under that noise, for a third more time.
    5. What the conversion overshoots is clipped to [-1, 1 - 2**-15], the range of 16-bit samples k/32768: the
       reference for the features takes its samples as 16-bit integers, where 1.0 would wrap around to -1.

    The rate is fixed because the features depend on it: frames are whole numbers of samples, FFT bins lie at
    multiples of sr/1024, roll-off, slope and moments run up to sr/2, and the models were trained at 44.1 kHz.
    Sound from a lower rate stays empty above its own Nyquist frequency.

    MP3 is given without encoder delay and padding where the file tells them (LAME's tag); otherwise the delay
    stays, about 0.025 s at the start. AAC in M4A comes without delay; less than a frame of padding may stay
    at the end. Damaged MP3, AAC or FLAC frames are left out, so that what follows moves up by their length.
    Time 0 is the first sample of the sound, in a video too where the sound starts later than the picture.

    Parameters
    ----------
    path : str or path-like
        A regular file; not a pipe or a device.
    sr : int
        Rate of the blocks in Hz, 4000 to 1 536 000.
    block_s : float
        Length of a block in seconds. The samples do not depend on it, bit for bit.
    name : str, optional
        Name in messages and `AudioReader.path`; the path if not given.

    Raises
    ------
    AudioError
        The file gives no sound; the message is one line with its name, what is wrong and what is accepted.
    ValueError
        ``sr`` or ``block_s`` is out of range.
    """
    if not SR_RANGE[0] <= sr <= SR_RANGE[1]:
        raise ValueError(f"sr must be between {SR_RANGE[0]} and {SR_RANGE[1]} Hz, got {sr}")
    if not (math.isfinite(block_s) and block_s * sr >= 1):
        raise ValueError(f"block_s must be a finite time of at least one sample, got {block_s}")
    file = os.fsdecode(path)
    name = file if name is None else name
    try:
        _check_file(file)
        decoded, first = open_decoded(Path(file))
        if not SR_RANGE[0] <= first[0] <= SR_RANGE[1]:
            decoded.chunks.close()
            raise UnreadableError(f"its rate of {first[0]} Hz is not between {SR_RANGE[0]} and {SR_RANGE[1]}")
    except UnreadableError as error:
        raise AudioError(f"{one_line(name)}: {error}; {_ACCEPTED}") from error
    except OSError as error:
        raise AudioError(f"{one_line(name)}: cannot be read ({error.strerror}); {_ACCEPTED}") from error
    return AudioReader(name, decoded, first, sr=sr, block_s=block_s)


def _check_file(name: str) -> None:
    """Tell the simple cases apart before a decoder meets them."""
    try:
        status = Path(name).stat()
    except FileNotFoundError:
        raise UnreadableError("no such file") from None
    except ValueError as error:  # a zero byte in the name
        raise UnreadableError(f"not a file name ({error})") from None
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableError("is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("is a pipe or a device, not a file")
    if status.st_size == 0:
        raise UnreadableError("is empty (0 bytes)")


class AudioReader:
    """A file opened by ``open_audio``: read its blocks once, then ask for its length and warnings.

    Attributes
    ----------
    path : str
        As it was given.
    sr : int
        Rate of the blocks in Hz.
    source_sr : int
        Rate of the file in Hz, of its beginning where it changes.
    channels : int
        Channels of the file, of its beginning where they change.
    claimed_duration_s : float or None
        Length by the file's header, in seconds; None where it gives none.
    duration_s : float
        Length of what ``blocks`` has given so far, in seconds; once exhausted, of all that could be read.
    warnings : tuple of str
        What a user must know about the sound, known once ``blocks`` is exhausted; without the file's name.
    """

    def __init__(
        self, path: str, decoded: DecodedFile, first: tuple[int, SampleArray], *, sr: int, block_s: float
    ) -> None:
        self.path = path
        self.sr = sr
        self.source_sr = first[0]
        self.channels = int(first[1].shape[1])
        self.claimed_duration_s = decoded.claimed_s
        self.warnings: tuple[str, ...] = ()
        self._decoded = decoded
        self._samples_read = 0
        self._mixer = _MonoMixer()
        self._blocks = self._split(self._resampled(first), round(block_s * sr))
        self._used = False

    @property
    def duration_s(self) -> float:
        """Seconds given so far."""
        return self._samples_read / self.sr

    def blocks(self) -> Iterator[Float32Array]:
        """Give the sound in blocks of ``block_s`` (the last one shorter) of float32 in [-1, 1 - 2**-15].

        A file that breaks off or is damaged gives what can be read, and a warning. A file is read once: a
        second call raises ValueError.
        """
        if self._used:
            raise ValueError("blocks() can be taken once; open the file again")
        self._used = True
        return self._blocks

    def close(self) -> None:
        """Close the file; ``blocks`` gives no more."""
        self._used = True
        self._blocks.close()
        self._decoded.chunks.close()

    def __enter__(self) -> "AudioReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _split(self, pieces: Iterator[Float32Array], size: int) -> Generator[Float32Array, None, None]:
        """Cut pieces of any length into blocks, and give the warnings with the last."""
        held: list[Float32Array] = []
        n_held = 0
        for piece in pieces:
            held.append(piece)
            n_held += len(piece)
            if n_held < size:
                continue
            joined = np.concatenate(held)
            whole = n_held - n_held % size
            for start in range(0, whole, size):
                self._samples_read += size
                yield joined[start : start + size]
            held, n_held = [joined[whole:]], n_held - whole
        self.warnings = self._mixer.warnings(self.claimed_duration_s, self._decoded.damage)
        if n_held:
            self._samples_read += n_held
            yield np.concatenate(held)

    def _resampled(self, first: tuple[int, SampleArray]) -> Iterator[Float32Array]:
        """Mono pieces at ``self.sr`` in the range of 16 bits; a new rate in the file starts a new filter."""
        chunk: tuple[int, SampleArray] | None = first
        while chunk is not None:
            rate = chunk[0]
            if not SR_RANGE[0] <= rate <= SR_RANGE[1]:
                self._decoded.damage.append(f"its rate changes to {rate} Hz")
                return
            stream = soxr.ResampleStream(rate, self.sr, 1, "float32", quality="HQ") if rate != self.sr else None
            while chunk is not None and chunk[0] == rate:
                mono = self._mixer.mix(chunk[1], rate)
                yield _clipped(stream.resample_chunk(mono) if stream else mono)
                chunk = next(self._decoded.chunks, None)
            if stream:
                yield _clipped(stream.resample_chunk(np.zeros(0, np.float32), last=True))


def _clipped(x: Float32Array) -> Float32Array:
    return np.clip(x, np.float32(-1), _MAX_SAMPLE)


@dataclass
class _MonoMixer:
    """Mixes to mono and counts on the way what the user is to be warned of."""

    read_s: float = 0.0
    samples: int = 0
    not_finite: int = 0
    clipped: int = 0
    peak: float = 0.0
    peak_mono: float = 0.0

    def mix(self, samples: SampleArray, rate: int) -> Float32Array:
        """Mean over the channels of (frames, channels), each made finite and clipped to [-1, 1] before."""
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
        mono = samples[:, 0].astype(np.float32)
        for channel in range(1, samples.shape[1]):
            mono += samples[:, channel]
        mono /= np.float32(samples.shape[1])
        self.peak = max(self.peak, min(peak, 1.0))
        if self.peak_mono < _CANCELLED:  # beyond that there is nothing more to learn from it
            self.peak_mono = max(self.peak_mono, _peak(mono))
        return mono

    def warnings(self, claimed_s: float | None, damage: list[str]) -> tuple[str, ...]:
        found = []
        missing = claimed_s is not None and self.read_s < claimed_s - _MISSING_S
        if missing or damage:
            what = f"only {self.read_s:.1f} s of {claimed_s:.1f} s" if missing else f"only {self.read_s:.1f} s"
            why = f" ({'; '.join(damage)})" if damage else ""
            found.append(f"{what} could be read: the file is truncated or damaged{why}; that part was analysed")
        if self.not_finite:
            found.append(f"{self.not_finite} samples that are not finite numbers were replaced by 0")
        if self.clipped > _CLIPPED * self.samples:
            found.append(f"{self.clipped / self.samples:.0%} of the samples exceed full scale and were clipped")
        if self.peak < 2**-15:
            found.append("silent: no sample reaches the smallest step of 16 bits")
        elif self.peak_mono < _CANCELLED * self.peak:
            found.append("the channels cancel each other: their mean, which is analysed, is silent")
        return tuple(found)


def _peak(x: SampleArray) -> float:
    """Largest magnitude; not finite if any sample is not, since all three functions pass NaN on."""
    return float(np.maximum(x.max(), -x.min()))
