"""Model files to be changed by tests."""

from pathlib import Path

import onnx

from moodcurve.runtime.model_file import CHECKSUM


def load_unsealed(path: Path) -> onnx.ModelProto:
    """Read a model without its checksum, so that it can be changed and loaded."""
    proto = onnx.load(path)
    kept = [entry for entry in proto.metadata_props if entry.key != CHECKSUM]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    return proto
