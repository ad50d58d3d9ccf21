"""What a library holds of earlier scans: its files, what was analyzed in each, and the models of their songs."""

from collections.abc import Mapping

from moodcurve.audio.parts import Split
from moodcurve.library.database import Library
from moodcurve.library.models import KnownFile
from moodcurve.library.scanning.batch_writer import PendingFile
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.library.scanning.walk import WalkResult, is_below

_MAX_NAMES = 20
"""Most paths of one file that are kept."""


class EarlierScans:
    """The files and songs of a library before a scan.

    Attributes
    ----------
    files : dict
        Files by path.
    models : dict
        Model and feature set of each song by content hash; of split files, by that of all their parts.
    """

    def __init__(self, library: Library) -> None:
        self.files = library.known_files()
        self.models = library.song_models()
        self.models |= _models_of_split(self.files, self.models)
        self._selections = {
            file.content_hash.split("#")[0]: selection
            for file in self.files.values()
            if file.content_hash is not None and (selection := Selection.parse(file.selection)) != NO_SELECTION
        }
        self._split = {file.parts for file in self.files.values() if file.parts}

    def selection_of(self, content_hash: str) -> Selection | None:
        """Return what was analyzed in a file with this content; None if all of it, or if there was no such file."""
        return self._selections.get(content_hash)

    def parts_of(self, file: PendingFile, hashes: tuple[str, ...]) -> tuple[str, ...]:
        """Return which parts were found of a file with the same cue sheet; nothing if there was none.

        The parts of a sheet follow each other without a gap: after the last that was found, the file ends. Chapters may
        leave gaps.
        """
        if file.selection.split is not Split.cue:
            return ()
        return next((hashes[:count] for count in range(len(file.parts), 0, -1) if hashes[:count] in self._split), ())

    def names_of(self, path: str, found: WalkResult) -> tuple[str, ...]:
        """Return the paths that lead to a file of a walk, as `FileFound` has them.

        Those that the walk found, and those of earlier scans from outside of its roots: a link's target may be scanned
        too.
        """
        earlier = self.files[path].names if path in self.files else ()
        if path not in found.names and not earlier:
            return ()
        outside = [name for name in earlier if not any(is_below(name, root) for root in found.roots)]
        names = {*found.names.get(path, [path]), *outside}
        return () if names == {path} else tuple(sorted(names, key=lambda name: (name != path, name)))[:_MAX_NAMES]

    def only_rehashes(self, file: PendingFile) -> bool:
        """Return True if an unchanged file is opened only because its hash is of an earlier version."""
        known = self.files[file.path]
        return _is_unchanged(known, file) and known.problem is None and not known.hash_is_current

    def keeps_curve(self, file: PendingFile, *, temporary: bool) -> bool:
        """Return True if a file that failed held a song, which is still its own as far as is known."""
        known = self.files.get(file.path)
        if known is None or known.problem is not None:
            return False
        return temporary or file.content_hash == known.content_hash or _is_unchanged(known, file)


def _models_of_split(
    known: Mapping[str, KnownFile], models: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Return model and feature set of each split file, by the hash of all its parts; of two models, the first other."""
    found = {}
    for file in known.values():
        of_parts = [models[part] for part in file.parts if part in models]
        if file.content_hash is not None and file.parts and len(of_parts) == len(file.parts):
            found[file.content_hash] = next((model for model in of_parts if model != of_parts[-1]), of_parts[-1])
    return found


def _is_unchanged(known: KnownFile, file: PendingFile) -> bool:
    return (known.size, known.mtime_ns) == (file.state.size, file.state.mtime_ns)
