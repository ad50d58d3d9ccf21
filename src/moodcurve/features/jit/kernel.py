"""The per-sample and per-bin functions: compiled once for the machine, and called without the compiler after that.

A kernel that Python calls takes arrays, numbers and tuples of them, and returns nothing, an int or a float; what it
gives beyond that it writes into arrays. For each kind of arguments its machine code is kept (``cache.py``).
The compiler, numba, is loaded only where some is missing. A kernel that returns arrays or tuples is for other
kernels; called from Python, it is compiled in every process anew.
"""

import ctypes
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from moodcurve.features.jit import cache

Function = TypeVar("Function", bound=Callable[..., Any])
Kinds = tuple[Any, ...]
"""Of arguments: what tells whether machine code fits them."""
Turn = Callable[[], None]
"""Called before a kernel is looked for and, where it is not found, compiled."""

_RESULTS: dict[Any, Any] = {None: ctypes.c_int64, int: ctypes.c_int64, float: ctypes.c_double}
_SCALARS = {
    bool: ctypes.c_uint8,
    int: ctypes.c_int64,
    float: ctypes.c_double,
    np.int64: ctypes.c_int64,
    np.float64: ctypes.c_double,
    np.float32: ctypes.c_float,
}
_watchers: list[Turn] = []


def exact(function: Function) -> Function:
    """Compile a function whose operations keep their order."""
    return cast(Function, Kernel(function, {}))


def fast(function: Function) -> Function:
    """Compile a function whose sums may be taken in any order (the last digit differs), to use vector units.

    Division by 0 gives infinity or NaN, as in NumPy, and doesn't raise.
    """
    return cast(Function, Kernel(function, {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}))


@contextmanager
def watched(turn: Turn) -> Iterator[None]:
    """Have a function called at each kernel that Python calls for the first time in this process."""
    _watchers.append(turn)
    try:
        yield
    finally:
        _watchers.remove(turn)


class Kernel:
    """A function and its compiled forms.

    Attributes
    ----------
    function : callable
        As it was written.
    options : dict
        Of the compiler.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.options = options
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        returned = function.__annotations__.get("return", function)
        self._result = _RESULTS.get(returned)
        self._returns = returned is not None
        self._entries: dict[Kinds, Callable[[list[Any]], Any]] = {}
        self._tuples: dict[int, tuple[Any, Kinds, list[Any]]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Call the machine code for arguments of these kinds, which is found or made at the first call."""
        if self._result is None:
            return self._anew(*arguments)
        kinds: list[Any] = []
        flat: list[Any] = []
        for place, argument in enumerate(arguments):
            if isinstance(argument, tuple):
                # the same tables come call after call, and nothing in a tuple changes its place
                known = self._tuples.get(place)
                if known is None or known[0] is not argument:
                    known = self._tuples[place] = (argument, *_flattened(argument))
                kinds.append(known[1])
                flat += known[2]
            else:
                _flatten(argument, kinds, flat)
        key = tuple(kinds)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = self._entry(key, arguments)
        return entry(flat)

    def _entry(self, kinds: Kinds, arguments: tuple[Any, ...]) -> Callable[[list[Any]], Any]:
        for turn in _watchers:
            turn()
        digest = hashlib.sha256(repr(kinds).encode())
        source = Path(self.function.__code__.co_filename)
        if not source.is_relative_to(cache.SOURCES):  # the extractor's own sources are in the version of all its code
            digest.update(source.read_bytes())
        name = f"{self._name}-{digest.hexdigest()[:8]}"
        found = cache.find(name)
        if found is None:
            found = self._compile(arguments)
            cache.keep(name, *found)
        # numba's convention: where to put the result and the error, then the arguments; gives 0 if there was none
        types = [ctypes.c_void_p, ctypes.c_void_p, *_c_types(arguments)]
        function = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(cache.link(*found))
        result: Any = self._result

        def call(flat: list[Any]) -> Any:
            value, error = result(), ctypes.c_void_p()
            if function(ctypes.addressof(value), ctypes.addressof(error), *flat):
                raise RuntimeError(f"{self._name} raised an error, which a kernel must not")
            return value.value if self._returns else None

        return call

    def _compile(self, arguments: tuple[Any, ...]) -> tuple[str, bytes]:
        import numba

        typeof: Any = numba.typeof
        signature = tuple(typeof(argument) for argument in arguments)
        self._for_kernels.compile(signature)
        compiled = self._for_kernels.overloads[signature]
        code, _ = compiled.library.serialize_using_object_code()[2]
        return compiled.fndesc.llvm_func_name, code

    @cached_property
    def _for_kernels(self) -> Any:
        """What other kernels call, and what is kept: nothing of it can be called from Python."""
        return self._compiler(no_cpython_wrapper=True, no_cfunc_wrapper=True)

    @cached_property
    def _anew(self) -> Any:
        """What Python can call, compiled in this process."""
        return self._compiler()

    def _compiler(self, **options: bool) -> Any:
        import numba

        njit: Any = numba.njit
        return njit(nogil=True, **self.options, **options)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """What the compiler takes this object for, where another kernel names it."""
        return self._for_kernels._numba_type_


def _flattened(arguments: tuple[Any, ...]) -> tuple[Kinds, list[Any]]:
    kinds: list[Any] = []
    flat: list[Any] = []
    for argument in arguments:
        _flatten(argument, kinds, flat)
    return (type(arguments).__name__, *kinds), flat


def _flatten(argument: Any, kinds: list[Any], flat: list[Any]) -> None:
    """Add the kind of an argument, and the machine words as which a compiled function takes it."""
    if isinstance(argument, np.ndarray):
        flags = argument.flags
        kinds.append((argument.dtype.str, argument.ndim, flags.c_contiguous or (flags.f_contiguous and "F")))
        # its owner and parent, which numba needs to count who uses it: the caller does, until the call is over
        flat += (None, None, argument.size, argument.itemsize, argument.__array_interface__["data"][0])
        flat += argument.shape
        flat += argument.strides
    elif isinstance(argument, tuple):
        inner_kinds, inner = _flattened(argument)
        kinds.append(inner_kinds)
        flat += inner
    else:
        kinds.append(type(argument).__name__)
        flat.append(argument)


def _c_types(arguments: tuple[Any, ...]) -> list[Any]:
    """Types of the machine words of `_flatten`."""
    types: list[Any] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            types += [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
            types += [ctypes.c_int64] * (2 * argument.ndim)
        elif isinstance(argument, tuple):
            types += _c_types(argument)
        elif type(argument) in _SCALARS:
            types.append(_SCALARS[type(argument)])
        else:
            raise TypeError(f"a kernel takes arrays, numbers and tuples of them, got {argument!r}")
    return types
