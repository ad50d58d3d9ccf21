"""Import libraries that read settings from the working folder, without them: it may be anyone's folder of music.

A ``matplotlibrc`` there can start LaTeX with a preamble of its own, a ``.numba_config.yaml`` changes compiled code, and
a pipe of either name never ends. A library that is imported already keeps the settings that it has.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def import_matplotlib() -> ModuleType:
    """Import matplotlib with its own default settings."""
    if "matplotlib" not in sys.modules:
        spec = find_spec("matplotlib")
        origin = spec.origin if spec is not None else None
        with _working_folder_named(Path(origin).parent / "mpl-data" if origin else None):
            pass
    return sys.modules["matplotlib"]


def import_numba() -> ModuleType:
    """Import numba with the settings of the environment's variables alone."""
    if "numba" not in sys.modules:
        yaml = sys.modules.get("yaml")
        sys.modules["yaml"] = None  # type: ignore[assignment]  # its import fails, and numba reads no file
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="A Numba config file is found")
                import numba
        finally:
            del sys.modules["yaml"]
            if yaml is not None:
                sys.modules["yaml"] = yaml
        numba.core.config._config_fname = os.devnull  # read again at each compilation
    return sys.modules["numba"]


@contextmanager
def _working_folder_named(folder: Path | None) -> Iterator[None]:
    """Let `os.getcwd` name another folder, where matplotlib looks first; the working folder itself stays."""
    real = os.getcwd
    try:
        if folder is not None:
            os.getcwd = lambda: str(folder)
        yield
    finally:
        os.getcwd = real
