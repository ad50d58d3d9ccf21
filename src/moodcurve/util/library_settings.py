"""Import libraries that read settings from the working folder, without them: it may be anyone's folder of music.

A ``matplotlibrc`` there can start LaTeX with a preamble of its own, a ``.numba_config.yaml`` changes compiled code, and
a pipe of either name never ends. A library that is imported already keeps the settings that it has.
"""

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


def import_matplotlib() -> ModuleType:
    """Import matplotlib with the user's settings, or its own."""
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    with _hidden("matplotlibrc"):  # it asks for this name, relative to the working folder, before any other
        return import_module("matplotlib")


_importing = threading.Lock()


def import_numba() -> ModuleType:
    """Import numba with the settings of the environment's variables alone.

    Thread-safe: a second thread waits for the whole package.
    """
    with _importing:
        return _imported_numba()


def _imported_numba() -> ModuleType:
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
def _hidden(name: str) -> Iterator[None]:
    """Let `os.path.exists` deny a relative name."""
    real = os.path.exists
    os.path.exists = lambda path: path != name and real(path)
    try:
        yield
    finally:
        os.path.exists = real
