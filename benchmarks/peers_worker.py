"""Run one of the tools that `peers.py` compares: paths on standard input, one line of JSON per path on standard output.

    python benchmarks/peers_worker.py sonara|vibenet|MODEL

MODEL is a packaged model of moodcurve, or a model file. Each tool reads the file itself and uses one thread. The tools
are called through their public functions only; sonara and vibenet need the extra `peers`.
"""

import os

# before the libraries that read them are imported
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1", RAYON_NUM_THREADS="1")

import functools
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

Tool = Callable[[str], tuple[float, float]]
"""From the path of an audio file to its arousal and valence, on the tool's own scale."""


def sonara() -> Tool:
    """Return sonara's energy and valence, both in [0, 1]; it is asked for nothing else."""
    import sonara

    def run(path: str) -> tuple[float, float]:
        found = sonara.analyze_file(path, features=["energy", "valence"])
        return found["energy"], found["valence"]

    return run


def vibenet() -> Tool:
    """Return vibenet's energy and valence, both in [0, 1]."""
    warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)  # it is for formats not used here
    import onnxruntime
    import vibenet.backends

    # by default, ONNX Runtime starts a thread for each core of the machine, bound to that core and waiting actively
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    vibenet.backends.ort.InferenceSession = functools.partial(onnxruntime.InferenceSession, sess_options=options)
    model = vibenet.load_model()

    def run(path: str) -> tuple[float, float]:
        (found,) = model.predict(path)
        return found.energy, found.valence

    return run


def moodcurve(name: str) -> Tool:
    """Return the means of moodcurve's curve, both in [-1, 1]."""
    from moodcurve.analysis import analyze
    from moodcurve.runtime import load_model

    model = load_model(name)

    def run(path: str) -> tuple[float, float]:
        curve = analyze(path, model=model, prefetch=False)
        return float(curve.arousal.mean()), float(curve.valence.mean())

    return run


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process since its start (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    name = sys.argv[1]
    run: Tool | None = None
    for line in sys.stdin:
        start = time.process_time() if run is not None else 0.0  # the first answer includes the start
        if run is None:
            run = {"sonara": sonara, "vibenet": vibenet}.get(name, lambda: moodcurve(name))()
        arousal, valence = run(line.rstrip("\n"))
        answer = {"arousal": arousal, "valence": valence, "cpu_s": time.process_time() - start}
        print(json.dumps(answer | {"peak_mb": peak_memory_mb()}), flush=True)


if __name__ == "__main__":
    main()
