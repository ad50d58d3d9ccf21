"""Jobs of the worker processes for live sound: chunks of what browsers send, and a source of the server itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from moodcurve.features.warmup import prepare
from moodcurve.live import AudioBlock, Break, RawFormat, listen, microphone, radio
from moodcurve.live.events import Source
from moodcurve.live.listener import Listener
from moodcurve.runtime import load_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import Job, ProgressReporter

SAMPLE_FORMAT = "s16le"
"""Format of the sound that browsers send: one channel."""
BYTES_PER_SAMPLE = 2


@dataclass(frozen=True, kw_only=True)
class AudioChunk:
    """The next sound of a session.

    Attributes
    ----------
    session : str
        Its id.
    rate : int
        Sample rate in Hz.
    pcm : bytes
        Samples, see `SAMPLE_FORMAT`.
    arrived : float
        When the last of them was heard, in seconds since 1970.
    began : float
        When the session began.
    gap : str or None
        Why it does not continue the chunk before.
    """

    session: str
    rate: int
    pcm: bytes = field(repr=False)
    arrived: float
    began: float
    gap: str | None = None

    def __str__(self) -> str:
        return "live sound"


@dataclass(frozen=True)
class Forget:
    """A session that ended, or has not begun."""

    session: str


class ChunkRows(NamedTuple):
    """The rows of a chunk, see `moodcurve.live.Row.to_dict`, and what the user should know."""

    rows: list[dict[str, Any]]
    notices: list[str]


def make_analyzer(model: AnyPath) -> Job[AudioChunk | Forget, ChunkRows]:
    """Return the job that follows the sound of sessions, chunk by chunk. A session that it does not know begins."""
    loaded = load_model(model)
    prepare(loaded.feature_set)
    sessions: dict[str, tuple[Listener, list[str]]] = {}

    def job(item: AudioChunk | Forget, report: ProgressReporter) -> ChunkRows:
        if isinstance(item, Forget):
            sessions.pop(item.session, None)
            return ChunkRows([], [])
        if item.session not in sessions:
            pending: list[str] = []
            sessions[item.session] = Listener(loaded, pending.append, began=item.began), pending
        listener, notices = sessions[item.session]
        if item.gap is not None:
            listener.interrupt(Break(item.gap))
        sound = AudioBlock(item.rate, RawFormat(item.rate, 1, SAMPLE_FORMAT).decode(item.pcm), item.arrived)
        rows = [row.to_dict() for row in listener.sound(sound)]
        found = ChunkRows(rows, notices.copy())
        notices.clear()
        return found

    return job


class SourceEvent(NamedTuple):
    """Part of the result of `make_source_listener`: a row, or something that the user should know."""

    row: dict[str, Any] | None
    notice: str | None = None


def open_source(text: str) -> Source:
    """Return the source that a text names: the URL of a stream, ``microphone``, or ``microphone:NAME``."""
    kind, _, device = text.partition(":")
    if kind != "microphone":
        return radio(text)
    return microphone(int(device) if device.isdigit() else device or None)


def make_source_listener(model: AnyPath, open: Callable[[str], Source] = open_source) -> Job[str, None]:
    """Return the job that listens to a source until it ends, and reports each `SourceEvent`."""
    loaded = load_model(model)
    prepare(loaded.feature_set)

    def job(source: str, report: ProgressReporter) -> None:
        rows = listen(
            open(source),
            model=loaded,
            on_notice=lambda text: report(0.0, None, SourceEvent(None, text)),
            check=lambda: report(0.0, None),  # shows that it is alive, also while there is no sound
        )
        for row in rows:
            report(row.time_s, None, SourceEvent(row.to_dict()))

    return job
