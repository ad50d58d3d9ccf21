"""Sixteen numbers side by side, for kernels that work on sixteen frames at a time.

Inside a compiled function a value of this kind is one vector (of the machine's vector registers, as many as it
takes): ``load(table, k)`` gives row k of a table (n, 16), one number for each frame, and ``+ - *``, `muladd`,
`maximum` and the others work on all sixteen at once. A kernel then reads like that of one frame. Recursions
along the bins, which no vector unit can shorten, cost sixteen frames what they cost one. The compiler is told what
to do and does not have to find out, which a loop over the lanes leaves to its guess: whether it uses vectors then
hangs on details, and each short loop starts with checks of whether its arrays overlap.

No operation rounds differently on another machine, except `muladd`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.features.jit import LANES as LANES

_LINE = 64


def aligned_table(rows: int, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
    """Make an empty table (rows, 16) each of whose rows begins a cache line: loading one touches no second."""
    size = rows * LANES * np.dtype(dtype).itemsize
    raw = np.zeros(size + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size].view(dtype).reshape(rows, LANES)


class _Operation:
    """The name of an operation in a kernel; its code, in ``simd_lowering.py``, is loaded when a kernel is compiled."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"simd.{self._name} works in kernels only")

    @property
    def _numba_type_(self) -> Any:
        """What the compiler takes it for."""
        from numba.core.registry import cpu_target

        from moodcurve.features.jit import simd_lowering

        cpu_target.typing_context.refresh()  # what was loaded here may be news to it
        return cpu_target.typing_context.resolve_value_type(getattr(simd_lowering, self._name))


load = _Operation("load")
"""Take row ``index`` of a table (n, 16), or the sixteen elements from there on of a one-dimensional array."""
store = _Operation("store")
"""Put lanes into row ``index`` of a table (n, 16), or from there on into a one-dimensional array."""
broadcast = _Operation("broadcast")
"""Put one number into all lanes."""
to_double = _Operation("to_double")
"""Single to double precision."""
to_single = _Operation("to_single")
"""Double to single precision."""
muladd = _Operation("muladd")
"""Give a b + c, rounded once where the machine has such an instruction, else twice."""
sqrt = _Operation("sqrt")
"""Square root."""
maximum = _Operation("maximum")
"""Give the larger of two, lane by lane; b where one is NaN."""
minimum = _Operation("minimum")
"""Give the smaller of two, lane by lane; b where one is NaN."""
greater = _Operation("greater")
"""Give 1 where a > b, else 0."""
greater_mask = _Operation("greater_mask")
"""Give a whole number whose bit of value 2^l tells whether a > b in lane l."""
zip_low = _Operation("zip_low")
"""Take the lower halves in turn: a0, b0, a1, b1 ... a7, b7."""
zip_high = _Operation("zip_high")
"""Take the upper halves in turn: a8, b8, ... a15, b15."""
