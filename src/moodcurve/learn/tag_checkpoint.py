"""Read the weights of a TensorFlow checkpoint: run as a script by an interpreter that has TensorFlow.

``python tag_checkpoint.py FOLDER WEIGHTS.npz`` needs only ``tensorflow-cpu`` and NumPy, not moodcurve.
"""

import sys

import numpy as np


def _read_checkpoint(folder: str, output: str) -> None:
    """Write the variables of the checkpoint in a folder as arrays of their names, without those of the optimizer."""
    from tensorflow.python.training import py_checkpoint_reader

    # the name of the checkpoint in musicnn's wheel is empty: its files are .index and .data-00000-of-00001
    reader = py_checkpoint_reader.NewCheckpointReader(folder.rstrip("/") + "/")
    names = [name for name in sorted(reader.get_variable_to_shape_map()) if "/" in name and "Adam" not in name]
    np.savez(output, allow_pickle=False, **{name: reader.get_tensor(name) for name in names})


if __name__ == "__main__":
    _read_checkpoint(*sys.argv[1:])
