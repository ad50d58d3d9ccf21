"""Read an audio file as blocks of mono samples at one rate.

All audio passes through here once: decode, clip each channel, average the channels, resample, clip again, split into
blocks. A file is never held in memory as a whole.
"""

import math
import os
import stat
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import soxr

from moodcurve._typing import Float32Array
from moodcurve.audio.bandwidth import BandwidthMeter, bandwidth_warning
from moodcurve.audio.decoders import DecodedFile, SampleArray, UnreadableError, open_decoded
from moodcurve.audio.mixing import MonoMixer
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line
from moodcurve.util.urls import NOT_A_FILE, scheme_of

__all__ = ["ANALYSIS_SR", "AudioError", "AudioReader", "open_audio"]


ANALYSIS_SR = 44_100
"""Sample rate in Hz at which audio is analyzed; `open_audio` explains why."""

OnSamples = Callable[[SampleArray, int], None]
"""Called with samples (frames, channels) and their rate in Hz."""

_MAX_SAMPLE = np.float32(1 - 2**-15)  # the largest 16-bit sample
SR_RANGE = (4_000, 1_536_000)  # from below telephone speech to four times DSD128 as decoded by FFmpeg

_SUPPORTED = "supported are WAV, AIFF, FLAC, OGG, Opus, MP3, M4A, WMA and videos with sound"


class AudioError(MoodcurveError):
    """A file that cannot be read as audio: missing, not a file, unreadable, empty, not audio, or without samples."""


def open_audio(
    path: str | os.PathLike[str],
    *,
    track: int | None = None,
    sr: int = ANALYSIS_SR,
    block_s: float = 10.0,
    name: str | None = None,
    on_samples: OnSamples | None = None,
) -> "AudioReader":
    r"""Open an audio file for reading in blocks, and check that its first samples can be decoded.

    The content of a file determines its format, not its name. Of several audio tracks, the first that is marked as
    default is used, else the first, with a warning.
    Samples are processed in this order:

    1. Samples that are not finite become 0.
    2. Each channel is clipped to [-1, 1], as by a decoder to 16 bits: decoded MP3 exceeds full scale.
    3. Mono is the mean of the channels, :math:`x[n] = \frac{1}{C}\sum_c x_c[n]`. One silent channel of two therefore
       halves the level, and a bass channel counts like any other. Where the mean is 20 dB or more below the channels,
       the strongest channel is taken instead, with a warning; see `moodcurve.audio.mixing.MonoMixer`.
    4. Rates other than `sr` are converted by soxr's HQ recipe: linear phase, no delay, flat within 0.01 dB up to 0.9
       of the lower Nyquist frequency, images and aliases below -120 dB and thus below the noise of 16 bits (-98 dB).
       The VHQ recipe improves only what lies below that noise, and takes a third more time.
    5. Overshoot of the conversion is clipped to [-1, 1 - 2**-15], the range of 16-bit samples k/32768: the reference
       implementation of the features takes 16-bit integers, where 1.0 would wrap around to -1.

    The rate is fixed because the features depend on it: frames are whole numbers of samples, FFT bins lie at multiples
    of sr/1024, roll-off, slope and moments extend to sr/2, and the models were trained at 44.1 kHz. Audio of a lower
    rate stays empty above its own Nyquist frequency.

    Encoder delay and padding of MP3 are removed if the file states them (LAME's tag); otherwise a delay of about
    0.025 s remains at the start. AAC in M4A has no delay; less than a frame of padding may remain at the end. Damaged
    frames are skipped. In MP3, FLAC and other files without time stamps, later audio moves up by their length.

    Times are those of the file's clock, as a player shows them: where the audio of an MP4, Matroska, WebM, WMA, FLV or
    MPEG file starts later than the file, or its time stamps leave a gap, as after a pause of a recording, silence
    stands there, with a warning; see `moodcurve.audio.decoders.timeline`.

    Parameters
    ----------
    path : str or path-like
        A regular file; not a pipe or a device.
    track : int, optional
        Number of the audio track in files with several, from 1.
    sr : int
        Sample rate of the blocks in Hz, 4000 to 1,536,000.
    block_s : float
        Length of a block in seconds. It does not change the samples, bit for bit.
    name : str, optional
        Name in messages and `AudioReader.path`; the path if not given.
    on_samples : callable, optional
        Called with the samples of the file (frames, channels) and their rate as they are decoded, before all else.

    Returns
    -------
    AudioReader
        A context manager that closes the file.

    Raises
    ------
    AudioError
        If the file cannot be read as audio; the message is one line with its name and the reason, and for a file with
        content the formats that are supported.
    ValueError
        If `track`, `sr` or `block_s` is out of range.

    Examples
    --------
    >>> with open_audio("song.mp3") as reader:                  # doctest: +SKIP
    ...     samples = np.concatenate(list(reader.blocks()))
    >>> reader.duration_s, reader.warnings                      # doctest: +SKIP
    (183.4, ())
    """
    if not SR_RANGE[0] <= sr <= SR_RANGE[1]:
        raise ValueError(f"sr must be between {SR_RANGE[0]} and {SR_RANGE[1]} Hz, got {sr}")
    if track is not None and track < 1:
        raise ValueError(f"track must be 1 or more, got {track}")
    if not (math.isfinite(block_s) and block_s * sr >= 1):
        raise ValueError(f"block_s must be a finite time of at least one sample, got {block_s}")
    file = os.fsdecode(path)
    name = file if name is None else name
    try:
        if problem := _file_problem(file):
            raise AudioError(f"{one_line(name)}: {problem}")
        decoded, first = open_decoded(Path(file), track)
        if not SR_RANGE[0] <= first[0] <= SR_RANGE[1]:
            decoded.chunks.close()
            raise UnreadableError(f"its sample rate of {first[0]} Hz is not between {SR_RANGE[0]} and {SR_RANGE[1]} Hz")
    except UnreadableError as error:
        raise AudioError(f"{one_line(name)}: {error}; {_SUPPORTED}") from error
    except OSError as error:
        raise AudioError(f"{one_line(name)}: cannot be read ({error.strerror})") from error
    return AudioReader(name, decoded, first, sr=sr, block_s=block_s, on_samples=on_samples)


def _file_problem(name: str) -> str | None:
    """Say why something is no file with content, before a decoder sees it; return None for such a file."""
    try:
        status = Path(name).stat()
    except FileNotFoundError:
        return NOT_A_FILE if scheme_of(name) else "no such file"
    except ValueError as error:  # a null byte in the name
        return f"not a file name ({error})"
    if stat.S_ISDIR(status.st_mode):
        return "is a folder, not a file"
    if not stat.S_ISREG(status.st_mode):
        return "is a pipe or a device, not a file"
    return "is empty (0 bytes)" if status.st_size == 0 else None


class AudioReader:
    """A file opened by `open_audio`: read its blocks once, then its duration and warnings.

    Attributes
    ----------
    path : str
        The path as it was passed.
    sr : int
        Sample rate of the blocks in Hz.
    source_sr : int
        Sample rate of the file in Hz (at its beginning, if it changes).
    channels : int
        Number of channels of the file (at its beginning, if it changes).
    claimed_duration_s : float or None
        Duration in seconds that the file's header states; None if it states none.
    duration_s : float
        Duration of the blocks read so far in seconds; after the last block, of all audio that could be read.
    warnings : tuple of str
        Problems with the audio, without the file's name; complete after the last block.
    """

    def __init__(
        self,
        path: str,
        decoded: DecodedFile,
        first: tuple[int, SampleArray],
        *,
        sr: int,
        block_s: float,
        on_samples: OnSamples | None = None,
    ) -> None:
        self.path = path
        self.sr = sr
        self.source_sr = first[0]
        self.channels = int(first[1].shape[1])
        self.claimed_duration_s = decoded.claimed_s
        self.warnings: tuple[str, ...] = ()
        self._decoded = decoded
        self._on_samples = on_samples
        self._samples_read = 0
        self._mixer = MonoMixer()
        self._bandwidth = BandwidthMeter(sr)
        self._blocks = self._split(self._resampled(first), round(block_s * sr))
        self._used = False

    @property
    def duration_s(self) -> float:
        """Duration of the blocks read so far, in seconds."""
        return self._samples_read / self.sr

    def blocks(self) -> Iterator[Float32Array]:
        """Return an iterator over blocks of `block_s` seconds (the last one shorter), float32 in [-1, 1 - 2**-15].

        Truncated or damaged files yield what can be read, and a warning.

        Raises
        ------
        ValueError
            If called a second time: a file is read once.
        """
        if self._used:
            raise ValueError("blocks() can be called once; open the file again")
        self._used = True
        return self._blocks

    def close(self) -> None:
        """Close the file and end the iteration over its blocks."""
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
        """Split pieces of any length into blocks, and set the warnings before the last one."""
        held: list[Float32Array] = []
        n_held = 0
        for piece in pieces:
            self._bandwidth.add(piece)
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
        warnings = self._mixer.warnings(self.claimed_duration_s, self._decoded.damage)
        cutoff_hz = self._bandwidth.cutoff_hz()
        bandwidth = [] if cutoff_hz is None else [bandwidth_warning(cutoff_hz)]
        self.warnings = (*warnings, *self._decoded.notes, *bandwidth)
        if n_held:
            self._samples_read += n_held
            yield np.concatenate(held)

    def _resampled(self, first: tuple[int, SampleArray]) -> Iterator[Float32Array]:
        """Yield mono pieces at `self.sr` in the range of 16 bits; a new rate in the file starts a new filter."""
        chunk: tuple[int, SampleArray] | None = first
        while chunk is not None:
            rate = chunk[0]
            if not SR_RANGE[0] <= rate <= SR_RANGE[1]:
                self._decoded.damage.append(f"its sample rate changes to {rate} Hz")
                return
            stream = soxr.ResampleStream(rate, self.sr, 1, "float32", quality="HQ") if rate != self.sr else None
            while chunk is not None and chunk[0] == rate:
                if self._on_samples is not None:
                    self._on_samples(chunk[1], rate)
                mono = self._mixer.mix(chunk[1], rate)
                yield _clipped(stream.resample_chunk(mono) if stream else mono)
                chunk = next(self._decoded.chunks, None)
            mono = self._mixer.flush()
            yield _clipped(stream.resample_chunk(mono, last=True) if stream else mono)


def _clipped(x: Float32Array) -> Float32Array:
    return np.clip(x, np.float32(-1), _MAX_SAMPLE)
