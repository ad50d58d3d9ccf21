"""Name and write the result files of a song."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moodcurve.analysis import analyze, analyze_parts
from moodcurve.audio.parts import Part, Split, find_parts
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.runtime import Model, load_model
from moodcurve.util.files import AnyPath, short_stem
from moodcurve.workers import Job, ProgressCallback


def output_stems(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the stem of each song's result files: the song's own, or `<parent folder>-<stem>` where stems clash.

    A file that is listed twice appears once. Where these names clash too, a number is added in the order of the paths,
    so the same call always gives the same names. Long stems are cut (`moodcurve.util.files.short_stem`).

    Examples
    --------
    >>> list(output_stems([Path("a/one.mp3"), Path("b/one.mp3"), Path("b/two.mp3")]).values())
    ['a-one', 'b-one', 'two']
    """
    # realpath, since Path.resolve refuses a link that leads to itself
    real_paths = {path: os.path.realpath(path) for path in paths}
    songs = list({real: path for path, real in reversed(real_paths.items())}.values())[::-1]
    # names are compared without case, as some file systems do
    count = Counter(path.stem.casefold() for path in songs)
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for path in songs:
        clash = count[path.stem.casefold()] > 1
        stem = f"{Path(real_paths[path]).parent.name}-{path.stem}" if clash else path.stem
        numbered = short_stem(stem)
        while numbered.casefold() in taken:
            numbers[stem] += 1
            numbered = short_stem(f"{stem}-{numbers[stem] + 1}")
        taken.add(numbered.casefold())
        stems[path] = numbered
    return stems


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Which files to write for each song.

    Attributes
    ----------
    folder : Path
        Created when it is missing.
    formats : tuple of str
        Curve formats, see `moodcurve.formats`; each writes `<stem>.<format>`.
    plot, report : bool
        Write `<stem>.png` and `<stem>.html`.
    track : int or None
        Audio track that is analyzed and that the page plays; None for the one that players play.
    split : str or None
        By what files are split into parts, see `moodcurve.audio.parts.Split`.
    """

    folder: Path
    formats: tuple[str, ...] = ()
    plot: bool = False
    report: bool = False
    track: int | None = None
    split: str | None = None

    def files(self, stem: str) -> list[Path]:
        """Return the files that `write` writes for a stem, in that order."""
        endings = [*self.formats, *["png"] * self.plot, *["html"] * self.report]
        return [self.folder / f"{stem}.{ending}" for ending in endings]

    def write(self, curve: Curve, audio: Path, stem: str) -> Iterator[Path]:
        """Write the files of one song, replacing existing ones, and yield each when it is complete.

        Raises
        ------
        OSError
            If a file cannot be written; none is left incomplete.
        AudioError
            If the report cannot read the audio again.
        """
        for path in self.files(stem):
            if path.suffix == ".png":
                from moodcurve.report import write_plot

                write_plot(curve, path)
            elif path.suffix == ".html":
                from moodcurve.report import write_report

                write_report(curve, audio, path, track=self.track)
            else:
                from moodcurve.formats import write

                write(curve, path, path.suffix[1:])
            yield path


@dataclass(frozen=True, eq=False)
class WrittenSong:
    """An analyzed song and its result files.

    Attributes
    ----------
    curve : Curve
    files : tuple of Path
        The files that were written.
    problem : MoodcurveError, OSError or None
        Why the others could not be written.
    """

    curve: Curve
    files: tuple[Path, ...]
    problem: MoodcurveError | OSError | None


def writing_job(
    model: AnyPath | Model, outputs: Outputs, stems: Mapping[Path, str], names: Mapping[Path, str]
) -> Job[Path, list[WrittenSong]]:
    """Return the job that analyzes a file and writes the files of each of its songs, for `moodcurve.workers.run_each`.

    A file is one song, unless it is split into parts. `names` has the names of files that are not to be called by their
    paths. A single file is decoded in a second thread; each of several uses one core.

    Raises
    ------
    ModelError
        If there is no such model, or it needs features of another version.
    """
    loaded = model if isinstance(model, Model) else load_model(model)

    def job(song: Path, progress: ProgressCallback) -> list[WrittenSong]:
        prefetch = len(stems) == 1
        parts = find_parts(song, Split(outputs.split)) if outputs.split else ()
        if not parts:
            curve = analyze(
                song, track=outputs.track, name=names.get(song), model=loaded, progress=progress, prefetch=prefetch
            )
            return [_written(outputs, curve, song, stems[song])]
        curves = analyze_parts(
            song, parts, track=outputs.track, name=names.get(song), model=loaded, progress=progress, prefetch=prefetch
        )
        of_part = dict(zip(parts, _part_stems(stems[song], parts, taken=set(stems.values())), strict=True))
        return [_written(outputs, curve, song, of_part[part]) for part, curve in curves.items()]

    return job


def _part_stems(stem: str, parts: Sequence[Part], *, taken: Collection[str]) -> list[str]:
    """Return the stem of each part's result files: `<stem>-<number>`, apart from the names of songs.

    Examples
    --------
    >>> _part_stems("album", [Part(0, 60, 1), Part(60, None, 2)], taken={"album", "album-01"})
    ['album-part-01', 'album-part-02']
    """
    songs = {name.casefold() for name in taken}
    between = "-"
    while any(f"{stem}{between}{number:02}".casefold() in songs for number in range(1, len(parts) + 1)):
        between += "part-"
    return [f"{stem}{between}{number:02}" for number in range(1, len(parts) + 1)]


def _written(outputs: Outputs, curve: Curve, song: Path, stem: str) -> WrittenSong:
    files: list[Path] = []
    try:
        files.extend(outputs.write(curve, song, stem))
    except (MoodcurveError, OSError) as error:
        return WrittenSong(curve, tuple(files), error)
    return WrittenSong(curve, tuple(files), None)
