"""Render the MIDI files of published sets to sound, with FluidSynth and a soundfont of the user's.

Neither is part of this package. The sound of a piece depends on the soundfont, so that a folder of rendered files names
its soundfont and options in ``rendered.json``.
"""

import hashlib
import json
import os
import shutil
import subprocess  # nosec B404 # of one program, without a shell
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from moodcurve.datasets.published.layouts import AUDIO, LAYOUTS, find_layout
from moodcurve.datasets.song import DatasetError
from moodcurve.util.files import atomic_write, write_text
from moodcurve.util.text import one_line, reason_of

PROGRAM = "fluidsynth"
SR = 44_100
OPTIONS = ("-n", "-i", "-q", "-r", str(SR), "-g", "1", "-T", "wav", "-O", "float")
"""No MIDI input, shell or messages; sample rate, gain, and floats, which are not cut at full scale."""
RECORD = "rendered.json"
LIMIT_S = 300.0
"""Longest time for one file (seconds)."""
_ENDINGS = (".mid", ".midi")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Result of `render_midi`.

    Attributes
    ----------
    folder : Path
        Where the sound files are.
    rendered, present : int
        Number of files rendered now, and before.
    failed : tuple of str
        One line for each file that could not be rendered.
    """

    folder: Path
    rendered: int
    present: int
    failed: tuple[str, ...]


def render_midi(
    folder: str | Path,
    soundfont: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Rendered:
    """Render all MIDI files of a set to ``audio/<name>.flac`` in its folder.

    Files that are there already are not rendered again, so that an interrupted run can be continued. A piece that is
    louder than full scale is scaled down to it as a whole.

    Parameters
    ----------
    folder : path
        Has the layout of EMOPIA or VGMIDI.
    soundfont : path
        A soundfont (``.sf2`` or ``.sf3``).
    progress : callable, optional
        Called with the number of files done and of all.

    Raises
    ------
    DatasetError
        If FluidSynth is not installed, the folder has no MIDI files of a known set, the soundfont is none, or the
        folder was rendered with other settings.
    """
    folder, soundfont = Path(folder), Path(soundfont)
    files = _midi_files(folder)
    program = shutil.which(PROGRAM)
    if program is None:
        raise DatasetError(
            f"{PROGRAM} is not installed, which renders MIDI files; install it (Debian: apt install fluidsynth, macOS: "
            "brew install fluid-synth, Windows: fluidsynth.org)"
        )
    home = folder / AUDIO
    _check_record(home / RECORD, _settings(program, soundfont))
    report = progress or (lambda done, total: None)
    there = {path.stem for path in home.iterdir()} if home.is_dir() else set()  # also recordings of the user's own
    rendered, present, failed = 0, 0, []
    for done, path in enumerate(files):
        report(done, len(files))
        target = home / f"{path.stem}.flac"
        if path.stem in there:
            present += 1
            continue
        if reason := _render(program, soundfont, path, target):
            failed.append(f"{path.name}: {reason}")
        else:
            rendered += 1
    report(len(files), len(files))
    return Rendered(folder=home, rendered=rendered, present=present, failed=tuple(failed))


def _midi_files(folder: Path) -> list[Path]:
    """Return the MIDI files of a set, of which no two have the same stem."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: {'not a folder' if folder.exists() else 'not found'}")
    layout = find_layout(folder)
    if layout is None or not layout.midi:
        names = " or ".join(layout.name for layout in LAYOUTS if layout.midi)
        raise DatasetError(f"{folder}: expected a set of MIDI files, {names}")
    found = sorted((folder / layout.midi).glob("*"))
    files = [path for path in found if path.suffix.casefold() in _ENDINGS and not path.name.startswith(".")]
    if not files:
        raise DatasetError(f"{folder}: no MIDI files in {layout.midi}/; unpack them there if they are in an archive")
    return list({path.stem: path for path in files}.values())


def _settings(program: str, soundfont: Path) -> dict[str, str]:
    """Return what the sound depends on, for the record."""
    try:
        with soundfont.open("rb") as stream:
            head = stream.read(12)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(f"{soundfont}: cannot be read ({error.strerror})") from error
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
        raise DatasetError(f"{soundfont}: is not a soundfont; expected a file .sf2 or .sf3")
    version = _run([program, "--version"])
    return {
        "program": one_line(next(iter(version.stdout.splitlines()), PROGRAM)),
        "options": " ".join(OPTIONS),
        "soundfont": soundfont.name,
        "soundfont_sha256": digest,
    }


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # nosec B603 # no shell; absolute paths
        command, capture_output=True, text=True, errors="replace", timeout=LIMIT_S, check=False
    )


def _check_record(path: Path, settings: dict[str, str]) -> None:
    """Write the settings, or compare them with those that the folder was rendered with."""
    if path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = None
        known = before if isinstance(before, dict) else {}
        changed = [name for name, value in settings.items() if known.get(name) != value]
        if changed:
            raise DatasetError(
                f"{path}: the sound in this folder was rendered with another {changed[0]}; remove the folder "
                f"{path.parent.name}/ to render it again"
            )
    else:
        write_text(path, json.dumps(settings, indent=1) + "\n")


def _render(program: str, soundfont: Path, path: Path, target: Path) -> str:
    """Render one file; return what went wrong, or nothing."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"MThd":
                return "is not a MIDI file"
        with tempfile.TemporaryDirectory(prefix="moodcurve-midi-") as scratch:
            sound = Path(scratch) / "sound.wav"
            # without the user's configuration, and with absolute paths, which are not taken for options
            options = ["-f", os.devnull, *OPTIONS, "-F", str(sound)]
            command = [program, *options, str(soundfont.resolve()), str(path.resolve())]
            done = _run(command)
            if done.returncode or not sound.exists():
                lines = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]
                return one_line(f"{PROGRAM} failed: {lines[-1]}")
            x, sr = soundfile.read(sound, dtype="float32")
    except subprocess.TimeoutExpired:
        return f"took longer than {LIMIT_S:g} s"
    except OSError as error:
        return reason_of(error)
    except soundfile.SoundFileError as error:
        return one_line(f"{PROGRAM} wrote no sound ({error})")
    peak = float(np.abs(x).max(initial=0))
    if not np.isfinite(peak) or peak == 0:
        return "is silent; does the soundfont have its instruments?"
    with atomic_write(target) as scratch_file:
        soundfile.write(scratch_file, x / max(peak, 1.0), sr, format="FLAC", subtype="PCM_24")
    return ""
