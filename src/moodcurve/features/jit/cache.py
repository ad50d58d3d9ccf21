"""Cache machine code of kernels on disk and load it without the compiler.

numba's own cache needs numba to load, which takes half a second to import. This one stores an object file for each
kernel and signature, which LLVM's loader (llvmlite) alone can load. The folder's name contains a hash of everything
that the code depends on: sources of the extractor, versions of numba and llvmlite, name and features of the processor.
Machines and versions can therefore share a folder.

Machine code is run as it is found, so folders and files that another user could have written are neither read nor
written: a checksum tells damage, not who made it.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import stat
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
from moodcurve.util.ownership import changeable_at, is_changeable
from moodcurve.util.paths import cache_dir, private_cache_dir

SOURCES = Path(__file__).parents[1]
"""Folder of the extractor; compiled code depends on every source file in it."""
_DAY_S = 86_400
_STALE_S = 7 * _DAY_S
_CHECKSUM = 32
_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_lock = threading.Lock()


def folders() -> Iterator[Path]:
    """Yield the cache folders in order, without links; new code is written to the first writable one.

    Only ``$NUMBA_CACHE_DIR`` if it is set and trusted. Otherwise ``__pycache__`` next to the sources, which all users
    of an installation share, then the user's cache folder, if they are.
    """
    for candidates in (_chosen(), [*_shared(), *(_trusted(_configured()) or _private())]):
        if trusted := _trusted(candidates):
            yield from trusted
            return


def distrusted() -> Iterator[tuple[Path, Path]]:
    """Yield the folders that the user's settings name and that are not used, with where others could change each."""
    for folder in (*_chosen(), *_configured()):
        if (place := changeable_at(_folder_in(folder))) is not None:
            yield folder, place


def _folder_in(root: Path) -> Path:
    """Return the folder of this version's code in a cache folder."""
    return root / f"kernels-{version()}"


def _chosen() -> list[Path]:
    own = os.environ.get("NUMBA_CACHE_DIR")
    return [Path(os.path.realpath(own))] if own else []


def _shared() -> list[Path]:
    return [Path(os.path.realpath(SOURCES / "__pycache__"))]


def _configured() -> list[Path]:
    with suppress(MoodcurveError):  # a user without a home
        return [Path(os.path.realpath(cache_dir() / "kernels"))]
    return []


def _private() -> list[Path]:
    with suppress(MoodcurveError):
        return [Path(os.path.realpath(private_cache_dir() / "kernels"))]
    return []


def _trusted(roots: list[Path]) -> list[Path]:
    return [root for root in roots if changeable_at(_folder_in(root)) is None]


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
        folder = _folder_in(root)
        try:
            data = _read_trusted(folder / name)
        except OSError:
            continue
        if data is None:
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
        folder = _folder_in(root)
        is_new = not folder.is_dir()
        try:
            _make_folder(folder)
            if changeable_at(folder) is not None:
                continue
            with atomic_write(folder / name) as scratch:
                scratch.write_bytes(hashlib.sha256(content).digest() + content)
                scratch.chmod(stat.S_IMODE(scratch.stat().st_mode) & ~_BY_OTHERS)
        except OSError:
            continue
        if is_new:
            _delete_stale(root, folder)
        return True
    return False


def _read_trusted(path: Path) -> bytes | None:
    """Return the content of a file, or None if another user could have written it."""
    if changeable_at(path.parent) is not None:
        return None
    with path.open("rb") as file:
        return None if is_changeable(os.fstat(file.fileno())) else file.read()


def _make_folder(folder: Path) -> None:
    """Create a folder and those above it, writable by their owner alone whatever the user's defaults are."""
    for place in reversed((folder, *folder.parents)):
        if not place.is_dir():
            place.mkdir(mode=0o755, exist_ok=True)


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
            assert spec is not None  # nosec B101 # narrows the type for mypy
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module
    raise ImportError(f"numba has no {name}")


def _package(name: str) -> Path:
    """Return the folder of a package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return Path(spec.origin).parent
