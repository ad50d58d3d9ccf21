"""Machine code of the kernels on disk: made once for a machine, brought back without the compiler.

What numba itself keeps on disk needs numba again, which takes half a second to import and to prepare. Here an
object file is kept for each kernel and each kind of arguments, and LLVM's loader alone (llvmlite) brings it back.
The folder's name holds a digest of all that the code depends on: the sources of the extractor, the versions of
numba and llvmlite, the processor's name and features. So machines and versions can share a place.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.util.files import atomic_write
from moodcurve.util.paths import cache_dir

SOURCES = Path(__file__).parents[1]
"""Folder of the extractor: compiled code depends on every file below it."""
_DAY_S = 86_400
_STALE_S = 7 * _DAY_S
_CHECKSUM = 32
_lock = threading.Lock()


def folders() -> Iterator[Path]:
    """Give the folders where machine code may lie; the first that can be written gets what is new.

    ``$NUMBA_CACHE_DIR`` alone where the user has set it. Else ``__pycache__`` beside the sources, which all users
    of an installation share, and then the user's cache folder.
    """
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(own)
        return
    yield SOURCES / "__pycache__"
    with suppress(MoodcurveError):  # a user without a home
        yield cache_dir() / "kernels"


@cache
def version() -> str:
    """Name all that machine code depends on, by a digest."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(path.read_bytes())
    for package in ("numba", "llvmlite"):
        digest.update((_package(package) / "_version.py").read_bytes())
    features = llvm.get_host_cpu_features().flatten()
    digest.update(f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}".encode())
    return digest.hexdigest()[:16]


def load(name: str) -> tuple[str, bytes] | None:
    """Find what `keep` kept under a name: the symbol of a function, and an object file with it."""
    for root in folders():
        folder = root / f"kernels-{version()}"
        try:
            data = (folder / name).read_bytes()
        except OSError:
            continue
        _mark_as_used(folder)
        content = data[_CHECKSUM:]
        # LLVM ends the process when it meets a damaged file
        if hashlib.sha256(content).digest() == data[:_CHECKSUM]:
            symbol, _, code = content.partition(b"\0")
            return symbol.decode(), code
    return None


def store(name: str, symbol: str, code: bytes) -> bool:
    """Keep a function's symbol and object file in the first place that can be written; tell whether there is one."""
    content = symbol.encode() + b"\0" + code
    for root in folders():
        folder = root / f"kernels-{version()}"
        fresh = not folder.is_dir()
        try:
            with atomic_write(folder / name) as scratch:
                scratch.write_bytes(hashlib.sha256(content).digest() + content)
        except OSError:
            continue
        if fresh:
            _delete_stale(root, folder)
        return True
    return False


def _mark_as_used(folder: Path) -> None:
    """Let a folder's time of change tell the day of its last use, by which `_tidy` of other versions goes."""
    with suppress(OSError):  # a folder that only others may write
        if folder.stat().st_mtime < time.time() - _DAY_S:
            os.utime(folder)


def _delete_stale(root: Path, current: Path) -> None:
    """Delete what other sources, versions or machines left there, and have not used for long."""
    import shutil

    for folder in root.glob("kernels-*"):
        with suppress(OSError):  # another process may be at it too
            if folder != current and folder.stat().st_mtime < time.time() - _STALE_S:
                shutil.rmtree(folder, ignore_errors=True)


def link(symbol: str, code: bytes) -> int:
    """Bring an object file into this process; give the address of its function."""
    import llvmlite.binding as llvm

    with _lock:
        engine = _engine()
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return int(engine.get_function_address(symbol))


@cache
def _engine() -> Any:
    """Start LLVM's loader, and tell it where the functions are that numba's code calls, to allocate arrays for one."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name, address in _library("core/runtime/_nrt_python").c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    for name, address in _library("_helperlib").c_helpers.items():
        llvm.add_symbol(f"numba_{name}", address)
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


def _library(name: str) -> Any:
    """Load one of numba's own C libraries, which needs nothing of the rest of numba."""
    full_name = f"numba.{name.replace('/', '.')}"
    if full_name in sys.modules:
        return sys.modules[full_name]
    for ending in importlib.machinery.EXTENSION_SUFFIXES:
        path = _package("numba") / f"{name}{ending}"
        if path.is_file():
            loader = importlib.machinery.ExtensionFileLoader(full_name, str(path))
            spec = importlib.util.spec_from_file_location(full_name, path, loader=loader)
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module
    raise ImportError(f"numba has no {name}")


def _package(name: str) -> Path:
    """Folder of a package, without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
