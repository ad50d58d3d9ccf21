"""Cache machine code of kernels on disk and load it without the compiler.

numba's own cache needs numba to load, which takes half a second to import. This one stores an object file for each
kernel and signature, which LLVM's loader (llvmlite) alone can load. The folder's name contains a hash of everything
that the code depends on: sources of the extractor, versions of numba and llvmlite, name and features of the processor.
Machines and versions can therefore share a folder.
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
"""Folder of the extractor; compiled code depends on every source file in it."""
_DAY_S = 86_400
_STALE_S = 7 * _DAY_S
_CHECKSUM = 32
_lock = threading.Lock()


def folders() -> Iterator[Path]:
    """Yield the cache folders in order; new code is written to the first writable one.

    Only ``$NUMBA_CACHE_DIR`` if it is set. Otherwise ``__pycache__`` next to the sources, which all users of an
    installation share, then the user's cache folder.
    """
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(own)
        return
    yield SOURCES / "__pycache__"
    with suppress(MoodcurveError):  # a user without a home
        yield cache_dir() / "kernels"


@cache
def version() -> str:
    """Return a hash of everything that machine code depends on."""
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
    """Return the symbol of a function and the object file with it, as stored by `store`; None if not cached."""
    for root in folders():
        folder = root / f"kernels-{version()}"
        try:
            data = (folder / name).read_bytes()
        except OSError:
            continue
        _mark_as_used(folder)
        content = data[_CHECKSUM:]
        # a damaged file would make LLVM abort the process
        if hashlib.sha256(content).digest() == data[:_CHECKSUM]:
            symbol, _, code = content.partition(b"\0")
            return symbol.decode(), code
    return None


def store(name: str, symbol: str, code: bytes) -> bool:
    """Store a function's symbol and object file in the first writable folder; return False if there is none."""
    content = symbol.encode() + b"\0" + code
    for root in folders():
        folder = root / f"kernels-{version()}"
        is_new = not folder.is_dir()
        try:
            with atomic_write(folder / name) as scratch:
                scratch.write_bytes(hashlib.sha256(content).digest() + content)
        except OSError:
            continue
        if is_new:
            _delete_stale(root, folder)
        return True
    return False


def _mark_as_used(folder: Path) -> None:
    """Set a folder's modification time at most once a day, for `_delete_stale` of other versions."""
    with suppress(OSError):  # a read-only folder
        if folder.stat().st_mtime < time.time() - _DAY_S:
            os.utime(folder)


def _delete_stale(root: Path, current: Path) -> None:
    """Delete folders of other sources, versions or machines that were not used for a week."""
    import shutil

    for folder in root.glob("kernels-*"):
        with suppress(OSError):  # another process may delete it too
            if folder != current and folder.stat().st_mtime < time.time() - _STALE_S:
                shutil.rmtree(folder, ignore_errors=True)


def link(symbol: str, code: bytes) -> int:
    """Load an object file into this process and return the address of its function."""
    import llvmlite.binding as llvm

    with _lock:
        engine = _engine()
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return int(engine.get_function_address(symbol))


@cache
def _engine() -> Any:
    """Start LLVM's loader and register the functions that numba's code calls, for example to allocate arrays."""
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
    """Load one of numba's C libraries without importing numba."""
    full_name = f"numba.{name.replace('/', '.')}"
    if full_name in sys.modules:
        return sys.modules[full_name]
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = _package("numba") / f"{name}{suffix}"
        if path.is_file():
            loader = importlib.machinery.ExtensionFileLoader(full_name, str(path))
            spec = importlib.util.spec_from_file_location(full_name, path, loader=loader)
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module
    raise ImportError(f"numba has no {name}")


def _package(name: str) -> Path:
    """Return the folder of a package without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
