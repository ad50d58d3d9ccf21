"""Which files a song's results go to, and the writing of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moodcurve.curve import Curve


def output_stems(paths: Sequence[Path]) -> dict[Path, str]:
    """Name each song's results by its stem, where stems clash by `<parent folder>-<stem>`.

    A file that is named twice is there once. Where even the folders' names clash, a number is added, in the
    order of the paths: the same call gives the same names.

    Examples
    --------
    >>> list(output_stems([Path("a/one.mp3"), Path("b/one.mp3"), Path("b/two.mp3")]).values())
    ['a-one', 'b-one', 'two']
    """
    unique = {path.resolve(): path for path in reversed(paths)}
    songs = [path for path in dict.fromkeys(paths) if unique[path.resolve()] == path]
    # names are compared without case, as some file systems do
    count = Counter(path.stem.casefold() for path in songs)
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    for path in songs:
        clash = count[path.stem.casefold()] > 1
        stem = f"{path.resolve().parent.name}-{path.stem}" if clash else path.stem
        numbered, number = stem, 1
        while numbered.casefold() in taken:
            number += 1
            numbered = f"{stem}-{number}"
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

    def write(self, curve: Curve, audio: Path, stem: str) -> list[Path]:
        """Write all that is wanted of one curve and give the files' paths, replacing what was there.

        Raises
        ------
        OSError
            If a file cannot be written; none is left half written.
        """
        written = []
        if self.formats:
            from moodcurve.formats import write

            for name in self.formats:
                written.append(self.folder / f"{stem}.{name}")
                write(curve, written[-1], name)
        if self.plot:
            from moodcurve.report import write_plot

            written.append(self.folder / f"{stem}.png")
            write_plot(curve, written[-1])
        if self.report:
            from moodcurve.report import write_report

            written.append(self.folder / f"{stem}.html")
            write_report(curve, audio, written[-1])
        return written
