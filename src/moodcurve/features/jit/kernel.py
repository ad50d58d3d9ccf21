"""Compile functions to machine code once per machine, and call them without the compiler afterwards.

A kernel called from Python takes arrays, numbers and tuples of them, and returns nothing, an int or a float; further
results are written to arrays. Its machine code is cached for each signature (``cache.py``); numba is imported only if
some is missing. Kernels that return arrays or tuples are for other kernels; called from Python, they are compiled again
in every process.
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
from moodcurve.util.library_settings import import_numba

Function = TypeVar("Function", bound=Callable[..., Any])
Signature = tuple[Any, ...]
"""Types and memory layout of arguments, which select the machine code."""
Callback = Callable[[], None]
"""Called before a kernel is loaded or compiled."""

_RESULTS: dict[Any, Any] = {None: ctypes.c_int64, int: ctypes.c_int64, float: ctypes.c_double}
_SCALARS = {
    bool: ctypes.c_uint8,
    int: ctypes.c_int64,
    float: ctypes.c_double,
    np.int64: ctypes.c_int64,
    np.float64: ctypes.c_double,
    np.float32: ctypes.c_float,
}
_callbacks: list[Callback] = []


def exact(function: Function) -> Function:
    """Compile a function, keeping the order of floating-point operations: a decorator.

    A division by 0 raises an error.
    """
    return cast(Function, Kernel(function, {}))


def fast(function: Function) -> Function:
    """Compile a function, allowing any order of floating-point sums for vectorization: a decorator.

    Results may differ in the last digit between machines. Division by 0 yields infinity or NaN, as in NumPy.
    """
    return cast(Function, Kernel(function, {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}))


@contextmanager
def on_first_call(callback: Callback) -> Iterator[None]:
    """Call a function whenever Python calls a kernel for the first time in this process."""
    _callbacks.append(callback)
    try:
        yield
    finally:
        _callbacks.remove(callback)


class Kernel:
    """A function and its compiled versions.

    Attributes
    ----------
    function : callable
        The Python function.
    options : dict
        Options of numba's compiler.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.options = options
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        returned = function.__annotations__.get("return", function)
        self._result = _RESULTS.get(returned)
        self._returns = returned is not None
        self._loaded: dict[Signature, Callable[[list[Any]], Any]] = {}
        self._tuples: dict[int, tuple[Any, Signature, list[Any]]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Call the machine code for the types of the arguments; the first call loads or compiles it."""
        if self._result is None:
            return self._python_dispatcher(*arguments)
        signature: list[Any] = []
        flat: list[Any] = []
        for position, argument in enumerate(arguments):
            if isinstance(argument, tuple):
                # the same tables are passed call after call, and arrays in a tuple keep their addresses
                known = self._tuples.get(position)
                if known is None or known[0] is not argument:
                    known = self._tuples[position] = (argument, *_flatten_tuple(argument))
                signature.append(known[1])
                flat += known[2]
            else:
                _flatten(argument, signature, flat)
        key = tuple(signature)
        loaded = self._loaded.get(key)
        if loaded is None:
            loaded = self._loaded[key] = self._load(key, arguments)
        return loaded(flat)

    def _load(self, signature: Signature, arguments: tuple[Any, ...]) -> Callable[[list[Any]], Any]:
        for callback in _callbacks:
            callback()
        digest = hashlib.sha256(repr(signature).encode())
        source = Path(self.function.__code__.co_filename)
        if not source.is_relative_to(cache.SOURCES):  # the extractor's own sources are part of `cache.version`
            digest.update(source.read_bytes())
        name = f"{self._name}-{digest.hexdigest()[:8]}"
        found = cache.load(name)
        if found is None:
            found = self._compile(arguments)
            cache.store(name, *found)
        # numba's calling convention: addresses of result and error, then the arguments; returns 0 without error
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
        typeof: Any = import_numba().typeof
        signature = tuple(typeof(argument) for argument in arguments)
        self._kernel_dispatcher.compile(signature)
        compiled = self._kernel_dispatcher.overloads[signature]
        code, _ = compiled.library.serialize_using_object_code()[2]
        return compiled.fndesc.llvm_func_name, code

    @cached_property
    def _kernel_dispatcher(self) -> Any:
        """Dispatcher for calls from other kernels and for the cache; not callable from Python."""
        return self._dispatcher(no_cpython_wrapper=True, no_cfunc_wrapper=True)

    @cached_property
    def _python_dispatcher(self) -> Any:
        """Dispatcher for calls from Python, compiled in this process."""
        return self._dispatcher()

    def _dispatcher(self, **options: bool) -> Any:
        njit: Any = import_numba().njit
        return njit(nogil=True, **self.options, **options)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """Type of this object in kernels that call it."""
        return self._kernel_dispatcher._numba_type_


def _flatten_tuple(arguments: tuple[Any, ...]) -> tuple[Signature, list[Any]]:
    signature: list[Any] = []
    flat: list[Any] = []
    for argument in arguments:
        _flatten(argument, signature, flat)
    return (type(arguments).__name__, *signature), flat


def _flatten(argument: Any, signature: list[Any], flat: list[Any]) -> None:
    """Append the type of an argument to the signature, and its machine words to `flat`."""
    if isinstance(argument, np.ndarray):
        flags = argument.flags
        signature.append((argument.dtype.str, argument.ndim, flags.c_contiguous or (flags.f_contiguous and "F")))
        # owner and parent, for numba's reference counts: not needed, as the caller holds the array during the call
        flat += (None, None, argument.size, argument.itemsize, argument.__array_interface__["data"][0])
        flat += argument.shape
        flat += argument.strides
    elif isinstance(argument, tuple):
        inner_signature, inner = _flatten_tuple(argument)
        signature.append(inner_signature)
        flat += inner
    else:
        signature.append(type(argument).__name__)
        flat.append(argument)


def _c_types(arguments: tuple[Any, ...]) -> list[Any]:
    """Return the C types of the machine words of `_flatten`."""
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
