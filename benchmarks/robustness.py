"""Measure how much a song's place on the plane changes when its sound is changed, but not its music.

    python benchmarks/robustness.py [FOLDER] [--models NAME,...] [--json FILE]
    python benchmarks/robustness.py --report JSON
    python benchmarks/robustness.py --picture docs/results/robustness.md

FOLDER holds audio files (default: the songs of the test data). Each is made quieter, padded with silence, reduced to
one channel, low-passed and recoded (`CHANGES`), and compared with the unchanged song, decoded to 44.1 kHz.

The change of a song is that of the mean of its curve, without silent points. A quadrant changes if arousal or valence
changes sign. This means something if the song was more than `NEAR_AXIS` from the axis that it crosses; those songs are
counted apart. Novelty counts the songs that are unlike the training songs only when changed (+) and only unchanged
(-). `--report` prints the tables of a JSON file again. `--picture` draws the tables of a page, next to it.
"""

import argparse
import io
import json
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr

from audio_files import audio_files
from moodcurve.analysis import analyze
from moodcurve.curve import AXES, Curve
from moodcurve.runtime import load_model, packaged_models
from moodcurve.util.figures import save_figure
from moodcurve.util.markdown import TableRow, markdown_list, markdown_table
from result_pictures import robustness_figure, robustness_tables

ROOT = Path(__file__).parents[1]
SR = 44_100
NEAR_AXIS = 0.05
"""A song as near to an axis as this may lie on either side of it."""
Sound = np.ndarray
"""Samples (n, channels) at `SR`, float32, full scale 1; one or two channels."""


def gain(x: Sound, db: float) -> Sound:
    """Return the sound with its level changed."""
    return x * np.float32(10 ** (db / 20))


def padded(x: Sound, before_s: float, after_s: float) -> Sound:
    """Return the sound with digital silence before and after it."""
    return np.pad(x, ((round(before_s * SR), round(after_s * SR)), (0, 0)))


def opposite(x: Sound) -> Sound:
    """Return left as it is and right as -0.99 left, as with one cable reversed: their mean is 46 dB below them."""
    return np.column_stack([x[:, 0], np.float32(-0.99) * x[:, 0]])


def low_passed(x: Sound) -> Sound:
    """Return the sound resampled to 8 kHz and back, which leaves nothing above 4 kHz."""
    resampled: Sound = soxr.resample(soxr.resample(x, SR, 8_000), 8_000, SR)
    return resampled


def recoded(x: Sound) -> Sound:
    """Return the sound coded as MP3 at 32 kbit/s with the same channels, and decoded."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as output:
        stream = output.add_stream("libmp3lame", rate=SR)
        stream.bit_rate, stream.layout = 32_000, layout(x)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x.T), format="fltp", layout=layout(x))
        frame.sample_rate = SR
        resampler = av.AudioResampler("fltp", layout(x), SR, frame_size=1152)  # cuts it to the encoder's frames
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    file.seek(0)
    return decoded(file)


def layout(x: Sound) -> str:
    return "mono" if x.shape[1] == 1 else "stereo"


CHANGES: dict[str, Callable[[Sound], Sound]] = {
    "-10 dB": lambda x: gain(x, -10),
    "-20 dB": lambda x: gain(x, -20),
    "20 s of silence after": lambda x: padded(x, 0, 20),
    "10 s of silence before": lambda x: padded(x, 10, 0),
    "left channel only": lambda x: x[:, :1],
    "right = -0.99 left": opposite,
    "8 kHz and back": low_passed,
    "MP3 at 32 kbit/s": recoded,
    "mono MP3 at 32 kbit/s": lambda x: recoded(x.mean(axis=1, keepdims=True)),
}
"""Changes of the sound, by name."""
LIMITS = {"-20 dB": 0.05, "8 kHz and back": 0.08, "MP3 at 32 kbit/s": 0.08, "mono MP3 at 32 kbit/s": 0.08}
"""Targets of this project for the largest change of a song's mean on either axis."""
QUADRANTS_KEPT = ("-20 dB",)
"""Changes that may not change a quadrant either, except near an axis."""


def decoded(file: Path | io.BytesIO) -> Sound:
    """Return the sound of a file; more than two channels are mixed to two."""
    with av.open(str(file) if isinstance(file, Path) else file) as source:
        channels = "mono" if source.streams.audio[0].channels == 1 else "stereo"
        resampler = av.AudioResampler("fltp", channels, SR)
        parts = []
        for frame in [*source.decode(audio=0), None]:
            parts += [part.to_ndarray() for part in resampler.resample(frame)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T)


def described(curve: Curve) -> dict[str, Any]:
    """Return what is compared of a curve."""
    summary = curve.summary
    return {
        "arousal": summary.arousal,
        "valence": summary.valence,
        "novelty": curve.novelty,
        "warnings": list(curve.warnings),
    }


def measure(paths: Sequence[Path], models: Sequence[str]) -> dict[str, Any]:
    """Analyze songs unchanged and changed; return the results for JSON.

    By model: `songs` has what `described` returns by song and change, where "" is the unchanged song, and `changes` has
    what `figures` returns by change.
    """
    loaded = {name: load_model(name) for name in models}
    songs: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in models}
    for number, path in enumerate(paths, 1):
        x = decoded(path)
        for change, function in {"": lambda x: x, **CHANGES}.items():
            changed = function(x)
            for name, model in loaded.items():
                songs[name].setdefault(path.name, {})[change] = described(analyze(changed, sr=SR, model=model))
        print(f"{number} of {len(paths)}: {path.name}", file=sys.stderr, flush=True)
    models_found = {
        name: {"changes": {change: figures(songs[name], change) for change in CHANGES}, "songs": songs[name]}
        for name in models
    }
    return {"songs": len(paths), "near_axis": NEAR_AXIS, "limits": LIMITS, "models": models_found}


def figures(songs: Mapping[str, Mapping[str, Mapping[str, Any]]], change: str) -> dict[str, Any]:
    """Return how much a change of the sound moves songs.

    Of each axis: `worst`, the largest absolute change, with its `song`; `mean`, the mean absolute change; `bias`, the
    mean change. Lists of songs: `quadrant` changed, `quadrant_far` from an axis, `novel` only when changed,
    `not_novel` only when changed. `warnings` counts songs by the start of the warning, but not for novelty.
    """
    names = list(songs)
    before = np.array([[songs[name][""][axis] for axis in AXES] for name in names])
    after = np.array([[songs[name][change][axis] for axis in AXES] for name in names])
    moved = after - before
    crossed = (before < 0) != (after < 0)
    far = crossed & (np.abs(before) > NEAR_AXIS)
    novel = {name: [is_novel(songs[name][state]) for state in ("", change)] for name in names}
    found: dict[str, Any] = {
        axis: {
            "worst": float(np.abs(moved[:, i]).max()),
            "song": names[int(np.abs(moved[:, i]).argmax())],
            "mean": float(np.abs(moved[:, i]).mean()),
            "bias": float(moved[:, i].mean()),
        }
        for i, axis in enumerate(AXES)
    }
    return found | {
        "quadrant": [name for name, any_axis in zip(names, crossed.any(axis=1), strict=True) if any_axis],
        "quadrant_far": [name for name, any_axis in zip(names, far.any(axis=1), strict=True) if any_axis],
        "novel": [name for name, states in novel.items() if states == [False, True]],
        "not_novel": [name for name, states in novel.items() if states == [True, False]],
        "warnings": warning_counts([songs[name][change] for name in names]),
    }


def is_novel(song: Mapping[str, Any]) -> bool:
    """Return True if a song got the warning for novelty."""
    return song["novelty"] is not None and song["novelty"] > 1


def warning_counts(songs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Count the songs that have a warning, by its text up to the first number or punctuation mark."""
    kinds = (
        {re.split(r"\s*[\d:;,(]", warning)[0] or warning for warning in song["warnings"] if "(novelty " not in warning}
        for song in songs
    )
    return dict(Counter(kind for song in kinds for kind in sorted(song)))


def markdown(results: Mapping[str, Any]) -> str:
    """Format a table for each model, and the warnings."""
    header = (
        "arousal: worst, mean (bias)",
        "valence: worst, mean (bias)",
        "quadrants changed",
        f"more than {results['near_axis']:g} from the axis",
        "novelty",
        "limit",
    )
    parts = []
    for model, found in results["models"].items():
        unchanged = [song[""] for song in found["songs"].values()]
        knows_novelty = any(song["novelty"] is not None for song in unchanged)
        novel = sum(map(is_novel, unchanged))
        which = f"{novel} novel" if knows_novelty else "no novelty"
        rows: list[TableRow] = [(f"`{model}`, {results['songs']} songs, {which}", *header)]
        for change, change_figures in found["changes"].items():
            novelty = f"+{len(change_figures['novel'])} -{len(change_figures['not_novel'])}" if knows_novelty else "–"
            rows.append((change, *cells(change_figures), novelty, verdict(change, change_figures)))
        parts.append(markdown_table(rows))
        warned = {name: change_figures["warnings"] for name, change_figures in found["changes"].items()}
        notes = [
            f"{change}: " + ", ".join(f"“{kind} …” for {count}" for kind, count in counts.items())
            for change, counts in warned.items()
            if counts
        ]
        parts.append(f"Warnings of `{model}`, besides novelty:" + ("" if notes else " none"))
        parts += [markdown_list(notes)] if notes else []
    return "\n\n".join(parts)


def cells(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Format the figures of one change, without novelty."""
    moves = (f"{found[axis]['worst']:.3f}, {found[axis]['mean']:.3f} ({found[axis]['bias']:+.3f})" for axis in AXES)
    return (*moves, str(len(found["quadrant"])), str(len(found["quadrant_far"])))


def verdict(change: str, found: Mapping[str, Any]) -> str:
    """Return the limit of a change, and whether the figures meet it."""
    if change not in LIMITS:
        return "–"
    met = max(found[axis]["worst"] for axis in AXES) <= LIMITS[change]
    if change in QUADRANTS_KEPT:
        met = met and not found["quadrant_far"]
    return f"≤ {LIMITS[change]:g}: {'met' if met else 'missed'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--models", default=",".join(packaged_models()), help="names or files; default: %(default)s")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument(
        "--report", type=Path, metavar="JSON", help="print the tables of this file, and measure nothing"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="PAGE", help="draw the tables of this page, and measure nothing"
    )
    arguments = parser.parse_args()
    if arguments.picture is not None:
        found = robustness_tables(arguments.picture.read_text(encoding="utf-8"))
        save_figure(robustness_figure(found), arguments.picture.with_suffix(".png"), results=found)
        return
    if arguments.report is not None:
        print(markdown(json.loads(arguments.report.read_text(encoding="utf-8"))))
        return
    results = measure(audio_files(arguments.folder), arguments.models.split(","))
    print(markdown(results))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    logging.getLogger("moodcurve").setLevel(logging.ERROR)  # warnings are counted
    main()
