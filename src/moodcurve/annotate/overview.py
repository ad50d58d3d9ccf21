"""Progress and agreement of a study's raters, for the person who runs it."""

from typing import Any

from moodcurve.annotate.access import Access
from moodcurve.annotate.consistency import consistency
from moodcurve.annotate.store import RaterStore
from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import RatedSong
from moodcurve.datasets.raters.agreement import rater_agreement
from moodcurve.datasets.raters.study_reader import rated_study_song
from moodcurve.datasets.raters.study_record import RaterRecord

_Done = tuple[tuple[str, int], ...]
"""Raters who rated a song, each with its item."""


class Overview:
    """What is known of a study at the moment.

    Parameters
    ----------
    store : RaterStore
    access : Access
    base_url : str
        URL of the server, for raters' links.
    """

    def __init__(self, store: RaterStore, access: Access, base_url: str) -> None:
        self._store = store
        self._access = access
        self._base_url = base_url
        self._agreement: dict[str, tuple[_Done, dict[str, Any]]] = {}
        """Agreement on each song, and whose ratings it was computed from."""

    def as_dict(self) -> dict[str, Any]:
        """Return all raters and songs, for JSON."""
        study = self._store.study
        with self._store.lock:
            records = self._store.records()
            tokens = self._access.raters
            return {
                "title": study.title,
                "mode": study.mode,
                "raters": [
                    {**_rater(record), "link": rater_link(self._base_url, tokens[record.rater])}
                    for record in records
                    if record.rater in tokens  # another process may have deleted one in between
                ],
                "songs": [self._song(song_id, records) for song_id in self._store.songs],
            }

    def _song(self, song_id: str, records: list[RaterRecord]) -> dict[str, Any]:
        """Return how many rated a song, and how far they agree; computed once for the same passes."""
        done = tuple(
            (record.rater, item)
            for record in records
            for item in record.items(repeats=False)
            if record.songs[item] == song_id and record.is_done(item)
        )
        if song_id not in self._agreement or self._agreement[song_id][0] != done:
            named = {rater for rater, _ in done}
            chosen = [record for record in records if record.rater in named]
            skip_s = max((record.practice_s for record in chosen), default=0.0)
            song = rated_study_song(chosen, song_id, skip_s=skip_s)
            found = _agreement_of(song) if isinstance(song, RatedSong) else dict.fromkeys(AXES)
            self._agreement[song_id] = done, found
        return {"song": song_id, "raters": len(done), **self._agreement[song_id][1]}


def rater_link(base_url: str, token: str) -> str:
    """Return the link that a rater is invited by."""
    return f"{base_url}/?token={token}"


def _rater(record: RaterRecord) -> dict[str, Any]:
    firsts, repeats = record.items(repeats=False), record.items(repeats=True)
    return {
        "rater": record.rater,
        "started": record.is_started,
        "finished": "finished" in record.steps,
        "songs": len(firsts),
        "done": sum(record.is_done(item) for item in firsts),
        "repeats": len(repeats),
        "repeats_done": sum(record.is_done(item) for item in repeats),
        "samples": record.rows,
        "missing": record.missing,
        "headphones": record.headphones,
        "inputs": sorted(record.inputs),
        "last_s": record.last_s or None,
        "consistency": consistency(record),
    }


def _agreement_of(song: RatedSong) -> dict[str, Any]:
    return {axis: rater_agreement(getattr(song, axis)).as_dict() for axis in AXES}
