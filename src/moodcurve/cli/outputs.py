"""Which files a song's results go to, and the writing of them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moodcurve.analysis import analyze
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.runtime import Model, load_model
from moodcurve.util.files import AnyPath
from moodcurve.workers import Job, ProgressCallback


def output_stems(paths: Sequence[Path]) -> dict[Path, str]:
    """Name each song's results by its stem, where stems clash by `<parent folder>-<stem>`.

    A file that is named twice is there once. Where even the folders' names clash, a number is added, in the
    order of the paths: the same call gives the same names.

    Examples
    --------
    >>> list(output_stems([Path("a/one.mp3"), Path("b/one.mp3"), Path("b/two.mp3")]).values())
    ['a-one', 'b-one', 'two']
    """
    # realpath, since Path.resolve refuses a link that leads to itself
    places = {path: os.path.realpath(path) for path in paths}
    songs = list({place: path for path, place in reversed(places.items())}.values())[::-1]
    # names are compared without case, as some file systems do
    count = Counter(path.stem.casefold() for path in songs)
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for path in songs:
        clash = count[path.stem.casefold()] > 1
        stem = numbered = f"{Path(places[path]).parent.name}-{path.stem}" if clash else path.stem
        while numbered.casefold() in taken:
            numbers[stem] += 1
            numbered = f"{stem}-{numbers[stem] + 1}"
        taken.add(numbered.casefold())
        stems[path] = numbered
    return stems


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What to write of each curve.

    Attributes
    ----------
    folder : Path
        Made when it is missing.
    formats : tuple of str
        Each gives `<stem>.<format>`, see `moodcurve.formats`.
    plot, report : bool
        Also `<stem>.png` and `<stem>.html`.
    """

    folder: Path
    formats: tuple[str, ...] = ()
    plot: bool = False
    report: bool = False

    def targets(self, stem: str) -> list[Path]:
        """Give the files that `write` writes for a stem, in its order."""
        endings = [*self.formats, *["png"] * self.plot, *["html"] * self.report]
        return [self.folder / f"{stem}.{ending}" for ending in endings]

    def write(self, curve: Curve, audio: Path, stem: str) -> Iterator[Path]:
        """Write all that is wanted of one curve, replacing what was there; give each file once it is whole.

        Raises
        ------
        OSError
            If a file cannot be written; none is left half written.
        AudioError
            If the report cannot read the audio again.
        """
        for path in self.targets(stem):
            if path.suffix == ".png":
                from moodcurve.report import write_plot

                write_plot(curve, path)
            elif path.suffix == ".html":
                from moodcurve.report import write_report

                write_report(curve, audio, path)
            else:
                from moodcurve.formats import write

                write(curve, path, path.suffix[1:])
            yield path


@dataclass(frozen=True, eq=False)
class Written:
    """A song that was analysed, and what was written of it.

    Attributes
    ----------
    curve : Curve
    files : tuple of Path
        Those that are whole.
    problem : MoodcurveError, OSError or None
        What kept the others from being written.
    """

    curve: Curve
    files: tuple[Path, ...]
    problem: MoodcurveError | OSError | None


def writing_job(model: AnyPath | Model, outputs: Outputs, stems: Mapping[Path, str]) -> Job[Path, Written]:
    """Make the job that analyses a song and writes all that is wanted of it, see `moodcurve.workers.run_each`.

    A single song is decoded ahead; each of several keeps to one core.

    Raises
    ------
    ModelError
        If there is no such model, or it reads features of another version.
    """
    loaded = model if isinstance(model, Model) else load_model(model)

    def job(song: Path, progress: ProgressCallback) -> Written:
        curve = analyze(song, model=loaded, progress=progress, prefetch=len(stems) == 1)
        files: list[Path] = []
        try:
            files.extend(outputs.write(curve, song, stems[song]))
        except (MoodcurveError, OSError) as error:
            return Written(curve, tuple(files), error)
        return Written(curve, tuple(files), None)

    return job
