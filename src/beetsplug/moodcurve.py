"""A plugin for beets that fills fields with the moods of songs: on import, and by ``beet moodcurve``.

Configuration, with its defaults::

    plugins: moodcurve
    moodcurve:
        auto: yes          # fill the fields on import
        model: default     # of moodcurve, or a file
        bpm: no            # fill beets' own fields too, where they are empty
        initial_key: no
        workers: 1         # processes
"""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from beets import ui, util
from beets.dbcore import types
from beets.plugins import BeetsPlugin

from moodcurve.analysis import analyze
from moodcurve.errors import MoodcurveError
from moodcurve.runtime import load_model
from moodcurve.tagging.values import SongValues, values_of_curve
from moodcurve.workers import FILE_LIMITS, Job, ProgressReporter, run_each

if TYPE_CHECKING:
    import optparse
    from collections.abc import Iterable

    from beets.importer import ImportSession, ImportTask
    from beets.library import Item, Library

_NUMBER = types.Float(4)
_FIELDS: dict[str, types.Type] = {
    "mood_arousal": _NUMBER,
    "mood_valence": _NUMBER,
    "mood_energy": _NUMBER,
    "mood_quadrant": types.STRING,
    "mood_words": types.STRING,
}


class MoodcurvePlugin(BeetsPlugin):
    """Fills the fields ``mood_arousal``, ``mood_valence``, ``mood_energy``, ``mood_quadrant`` and ``mood_words``."""

    item_types = _FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.config.add({"auto": True, "model": "default", "bpm": False, "initial_key": False, "workers": 1})
        if self.config["auto"].get(bool):
            self.import_stages = [self.imported]

    def commands(self) -> list[ui.Subcommand]:
        """Return the command ``beet moodcurve [-f] [QUERY]``."""
        command = ui.Subcommand("moodcurve", help="fill the fields of moods, for songs without them")
        command.parser.add_option(
            "-f", "--force", action="store_true", default=False, help="analyze songs again that have moods"
        )
        command.func = self.command
        return [command]

    def command(self, lib: Library, opts: optparse.Values, args: list[str]) -> None:
        """Fill the fields of the songs that match a query, and write BPM and key to files as beets is set."""
        self.fill(lib.items(args), force=opts.force, write=ui.should_write())

    def imported(self, session: ImportSession, task: ImportTask) -> None:
        """Fill the fields of songs that are being imported; one that fails is imported without."""
        try:
            self.fill(task.imported_items())
        except (MoodcurveError, OSError) as error:
            self._log.error("{}", error)

    def fill(self, items: Iterable[Item], *, force: bool = False, write: bool = False) -> None:
        """Analyze songs in processes of their own, each within limits of time and memory, and store their moods."""
        wanted = [item for item in items if force or "mood_arousal" not in item]
        if not wanted:
            return
        paths = [util.syspath(item.path) for item in wanted]
        results = run_each(
            partial(make_job, self.config["model"].as_str()),
            [os.fsdecode(path) for path in paths],
            workers=self.config["workers"].get(int),
            limits=FILE_LIMITS,
            isolate=True,
        )
        for item, result in zip(wanted, results, strict=True):
            if isinstance(result, Exception):
                self._log.warning("{}", result)
                continue
            self._store(item, result)
            if write:
                item.try_write()

    def _store(self, item: Item, values: SongValues) -> None:
        item.update(
            {
                "mood_arousal": round(values.arousal, 4),
                "mood_valence": round(values.valence, 4),
                "mood_energy": round((values.arousal + 1) / 2, 4),
                "mood_quadrant": values.quadrant,
                "mood_words": ", ".join(values.words),
            }
        )
        own: dict[str, Any] = {
            "bpm": None if values.tempo_bpm is None else round(values.tempo_bpm),
            "initial_key": values.key,
        }
        for name, value in own.items():
            if self.config[name].get(bool) and value is not None and not item.get(name):
                item[name] = value
        item.store()
        self._log.info("{}: {}", item, item["mood_words"])


def make_job(model: str) -> Job[str, SongValues]:
    """Return the job of a process: analyze a file."""
    loaded = load_model(model)
    logging.getLogger("moodcurve").setLevel(logging.ERROR)  # warnings about a file stand nowhere in beets

    def job(path: str, progress: ProgressReporter) -> SongValues:
        return values_of_curve(analyze(path, model=loaded, progress=progress, prefetch=False))

    return job
