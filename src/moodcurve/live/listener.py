"""Listen to a source: yield a row every 0.5 s, whatever happens to the sound."""

from collections.abc import Callable, Iterator

from moodcurve._typing import Float32Array
from moodcurve.features.feature_sets import HOP_S
from moodcurve.live.events import AudioBlock, Break, Notice, Source
from moodcurve.live.follower import Follower, Row
from moodcurve.live.mono import MonoStream
from moodcurve.live.reading import STALL_S, reading
from moodcurve.runtime import Model, Prediction, load_model
from moodcurve.util.files import AnyPath

SILENCE_S = 10.0
"""Silence of this length (seconds) is stated."""


def _nothing(*_: object) -> None:
    pass


def listen(
    source: Source,
    *,
    model: AnyPath | Model = "live",
    on_notice: Callable[[str], None] = _nothing,
    check: Callable[[], None] = _nothing,
    stall_s: float = STALL_S,
) -> Iterator[Row]:
    """Yield arousal and valence of what is heard, twice a second, until the source ends.

    A row comes 1.04 s after its window of one second began, as soon as its sound has arrived. After an interruption,
    windows begin again, so that no row mixes sound from before and after it.

    Parameters
    ----------
    source : iterator of AudioBlock, Break, Notice and None
        `microphone`, `raw_pcm`, `encoded`, `radio`, or your own. It is read in a thread.
    model : str, path or Model
        One that reads forward only.
    on_notice : callable
        Called with what a user should know: interruptions, silence, a new sample rate.
    check : callable
        Called several times a second, also while there is no sound; an exception that it raises ends the iteration.
    stall_s : float
        Time without sound (seconds) after which a source counts as interrupted.

    Raises
    ------
    LiveError
        If the source cannot be opened or read any further.
    ModelError
        If the model needs later rows.

    Examples
    --------
    >>> from moodcurve.live import AudioBlock, listen
    >>> import numpy as np
    >>> second = np.random.default_rng(0).normal(0, 0.1, (44100, 2))
    >>> rows = listen(iter([AudioBlock(44100, second), AudioBlock(44100, second)]))
    >>> [row.time_s for row in rows]
    [0.0, 0.5]
    """
    loaded = model if isinstance(model, Model) else load_model(model)
    listener = Listener(loaded, on_notice)
    with reading(source, check, stall_s=stall_s) as events:
        for event in events:
            match event:
                case AudioBlock():
                    yield from listener.sound(event)
                case Break():
                    listener.interrupt(event)
                case Notice():
                    on_notice(event.text)
        yield from listener.end()


class Listener:
    """Joins mixing, model, clock and notices, for sound that is pushed; `listen` reads a source.

    Parameters
    ----------
    model : Model
        One that reads forward only.
    on_notice : callable
        See `listen`.
    began : float, optional
        When listening began, in seconds since 1970; by default, with the first sound. Times of rows count from then.

    Raises
    ------
    ModelError
        If the model needs later rows.
    """

    def __init__(self, model: Model, on_notice: Callable[[str], None], *, began: float | None = None) -> None:
        self._model = model
        self._on_notice = on_notice
        self._mono = MonoStream()
        self._follower = Follower(model)
        self._began = began  # clock of the first sound, if not given
        self._start_s = 0.0  # time of the start, or of the last interruption
        self._clock = 0.0  # of the last row
        self._arrived = 0.0
        self._interrupted = began is not None  # the first sound may come later
        self._silent_s = 0.0

    def sound(self, sound: AudioBlock) -> Iterator[Row]:
        """Yield the rows that are ready with new sound."""
        begins = sound.arrived - len(sound.samples) / sound.rate
        if self._began is None:
            self._began = begins
        if self._interrupted:
            yield from self.end()
            self._interrupted = False
            self._start_s = max(self._start_s + self._follower.heard_s, begins - self._began)
            self._follower.restart()
        self._arrived = sound.arrived
        for samples in self._mono.push(sound):
            yield from self._rows(samples)
        for notice in self._mono.notices:
            self._on_notice(notice)
        self._mono.notices.clear()

    def interrupt(self, pause: Break) -> None:
        """Note that what comes next does not continue what came before."""
        self._interrupted = True
        self._on_notice(pause.reason)

    def end(self) -> Iterator[Row]:
        """Yield the rows that are ready with what mixer and resampler hold."""
        yield from self._rows(self._mono.flush())

    def _rows(self, samples: Float32Array) -> Iterator[Row]:
        for time_s, prediction in self._follower.push(samples):
            # a source that delivers in bursts must not turn the clock back
            self._clock = max(self._clock, self._arrived - (self._follower.heard_s - time_s))
            row = _row(self._model, prediction, self._start_s + time_s, self._clock)
            self._watch_silence(row)
            yield row

    def _watch_silence(self, row: Row) -> None:
        if row.silent:
            self._silent_s += HOP_S
            if self._silent_s == SILENCE_S:
                self._on_notice(f"silent for {SILENCE_S:g} s")
        else:
            if self._silent_s >= SILENCE_S:
                self._on_notice(f"sound again after {self._silent_s:.0f} s of silence")
            self._silent_s = 0.0


def _row(model: Model, prediction: Prediction, time_s: float, clock: float) -> Row:
    """Return the last of the rows of a prediction."""
    arousal, valence = prediction.values[-1].tolist()
    intervals = {}
    if model.intervals is not None:
        std = None if prediction.std is None else prediction.std[-1:]
        ends = model.intervals.of_points(prediction.values[-1:], std)[0].tolist()
        intervals = {"arousal_interval": tuple(ends[0]), "valence_interval": tuple(ends[1])}
    silent = prediction.silent is not None and bool(prediction.silent[-1])
    return Row(time_s=time_s, clock=clock, arousal=arousal, valence=valence, silent=silent, **intervals)
