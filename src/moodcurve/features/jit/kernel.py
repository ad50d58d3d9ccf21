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
Signature = tuple[Any, ...]
"""Of arguments: what tells whether machine code fits them."""
Callback = Callable[[], None]
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
_callbacks: list[Callback] = []


def exact(function: Function) -> Function:
    """Compile a function whose operations keep their order."""
    return cast(Function, Kernel(function, {}))


def fast(function: Function) -> Function:
    """Compile a function whose sums may be taken in any order (the last digit differs), to use vector units.

    Division by 0 gives infinity or NaN, as in NumPy, and doesn't raise.
    """
    return cast(Function, Kernel(function, {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}))


@contextmanager
def on_first_call(callback: Callback) -> Iterator[None]:
    """Have a function called at each kernel that Python calls for the first time in this process."""
    _callbacks.append(callback)
    try:
        yield
    finally:
        _callbacks.remove(callback)


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
        self._loaded: dict[Signature, Callable[[list[Any]], Any]] = {}
        self._tuples: dict[int, tuple[Any, Signature, list[Any]]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Call the machine code for arguments of these kinds, which is found or made at the first call."""
        if self._result is None:
            return self._python_dispatcher(*arguments)
        signature: list[Any] = []
        flat: list[Any] = []
        for position, argument in enumerate(arguments):
            if isinstance(argument, tuple):
                # the same tables come call after call, and nothing in a tuple changes its place
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
        if not source.is_relative_to(cache.SOURCES):  # the extractor's own sources are in the version of all its code
            digest.update(source.read_bytes())
        name = f"{self._name}-{digest.hexdigest()[:8]}"
        found = cache.load(name)
        if found is None:
            found = self._compile(arguments)
            cache.store(name, *found)
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
        self._kernel_dispatcher.compile(signature)
        compiled = self._kernel_dispatcher.overloads[signature]
        code, _ = compiled.library.serialize_using_object_code()[2]
        return compiled.fndesc.llvm_func_name, code

    @cached_property
    def _kernel_dispatcher(self) -> Any:
        """What other kernels call, and what is kept: nothing of it can be called from Python."""
        return self._dispatcher(no_cpython_wrapper=True, no_cfunc_wrapper=True)

    @cached_property
    def _python_dispatcher(self) -> Any:
        """What Python can call, compiled in this process."""
        return self._dispatcher()

    def _dispatcher(self, **options: bool) -> Any:
        import numba

        njit: Any = numba.njit
        return njit(nogil=True, **self.options, **options)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """What the compiler takes this object for, where another kernel names it."""
        return self._kernel_dispatcher._numba_type_


def _flatten_tuple(arguments: tuple[Any, ...]) -> tuple[Signature, list[Any]]:
    signature: list[Any] = []
    flat: list[Any] = []
    for argument in arguments:
        _flatten(argument, signature, flat)
    return (type(arguments).__name__, *signature), flat


def _flatten(argument: Any, signature: list[Any], flat: list[Any]) -> None:
    """Add the kind of an argument, and the machine words as which a compiled function takes it."""
    if isinstance(argument, np.ndarray):
        flags = argument.flags
        signature.append((argument.dtype.str, argument.ndim, flags.c_contiguous or (flags.f_contiguous and "F")))
        # its owner and parent, which numba needs to count who uses it: the caller does, until the call is over
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
