"""How the per-sample and per-bin functions are compiled, and where their machine code is kept."""

import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba.core.config
from numba import njit

_DAY_S = 86_400
Function = TypeVar("Function", bound=Callable[..., Any])


def exact(function: Function) -> Function:
    """Compile a function whose operations keep their order."""
    return _compile(function, {})


def fast(function: Function) -> Function:
    """Compile a function whose sums may be taken in any order (the last digit differs), to use vector units.

    Division by 0 gives infinity or NaN, as in NumPy, and doesn't raise.
    """
    return _compile(function, {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"})


def _compile(function: Function, options: dict[str, Any]) -> Function:
    config: Any = numba.core.config
    folder = config.CACHE_DIR  # what the user has set by NUMBA_CACHE_DIR
    config.CACHE_DIR = folder or str(_FOLDER)
    try:
        return cast(Function, njit(cache=True, nogil=True, **options)(function))
    finally:
        config.CACHE_DIR = folder


def compiled() -> bool:
    """Tell whether an earlier run has left machine code of these sources; without it the first second is slow."""
    folder = Path(numba.core.config.CACHE_DIR or _FOLDER)  # type: ignore[attr-defined]
    return any(folder.rglob("*.nbc"))


def _cache_folder() -> Path:
    """Give the folder of the machine code of exactly these sources, and delete what others have left for a day.

    The compiler looks for changes only in the file of the function that was called, but the functions of all
    other files are compiled into it.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(here.glob("*.py")):
        digest.update(path.read_bytes())
    folder = here / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"
    if not folder.is_dir():
        for earlier in folder.parent.glob("kernels-*"):
            with suppress(FileNotFoundError):  # another process may be at it too
                if earlier.stat().st_mtime < time.time() - _DAY_S:
                    shutil.rmtree(earlier, ignore_errors=True)
    return folder


_FOLDER = _cache_folder()
