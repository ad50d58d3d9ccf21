"""Print tempo, key and other measures of songs by sonara and librosa: one line of JSON per path on standard input.

    python benchmarks/sound_worker.py sonara|librosa

For `sound.py`. Each tool reads the file itself, and is called through its public functions only. librosa has no key:
its CQT chroma, averaged over the song, is compared with the profiles of Krumhansl and Kessler.
"""

import os

# before the libraries that read them are imported
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1", RAYON_NUM_THREADS="1")

import json
import sys
from collections.abc import Callable
from typing import Any

Tool = Callable[[str], dict[str, Any]]

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}


def sonara() -> Tool:
    """Return sonara's tempo, key, loudness and danceability."""
    import sonara

    def run(path: str) -> dict[str, Any]:
        found = sonara.analyze_file(path, features=["bpm", "key", "danceability"])
        data = dict(found)
        tonic, _, mode = str(data["key"]).partition(" ")
        key = FLATS.get(tonic, tonic) + ("m" if mode == "minor" else "")
        return {
            "tempo_bpm": data["bpm"],
            "key": key,
            "loudness_lufs": data.get("loudness_lufs"),
            "danceability": data.get("danceability"),
        }

    return run


def librosa() -> Tool:
    """Return librosa's tempo (of its beat tracker) and the key of its chroma."""
    import librosa
    import numpy as np

    def run(path: str) -> dict[str, Any]:
        x, sr = librosa.load(path, sr=22_050)
        tempo, _ = librosa.beat.beat_track(y=x, sr=sr)
        chroma = librosa.feature.chroma_cqt(y=x, sr=sr).mean(axis=1)
        scores = {
            f"{NAMES[tonic]}{ending}": np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
            for ending, profile in (("", MAJOR), ("m", MINOR))
            for tonic in range(12)
        }
        return {"tempo_bpm": float(np.ravel(tempo)[0]), "key": max(scores, key=lambda name: scores[name])}

    return run


if __name__ == "__main__":
    tool = {"sonara": sonara, "librosa": librosa}[sys.argv[1]]()
    for line in sys.stdin:
        print(json.dumps(tool(line.rstrip("\n"))), flush=True)
