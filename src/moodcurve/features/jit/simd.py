"""SIMD operations on sixteen lanes, for kernels that process sixteen frames at a time.

In a kernel, ``load(table, k)`` returns row k of a table (n, 16) as one vector with a number for each frame. ``+ - *``,
`muladd`, `maximum` and the others work on all sixteen lanes at once. A kernel then reads like one for a single frame.
Recursions along the bins, which cannot be vectorized, cost as much for sixteen frames as for one. Explicit vectors do
not depend on the compiler's auto-vectorization, which details can prevent, and need no checks for overlapping arrays.

No operation rounds differently on another machine, except `muladd`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.features.jit import LANES as LANES

_LINE = 64


def aligned_table(rows: int, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
    """Return a table of zeros (rows, 16) whose rows are aligned to cache lines."""
    size = rows * LANES * np.dtype(dtype).itemsize
    raw = np.zeros(size + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size].view(dtype).reshape(rows, LANES)


class _Operation:
    """An operation for kernels; its code in ``simd_lowering.py`` is imported when a kernel is compiled."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"simd.{self._name} works only in kernels")

    @property
    def _numba_type_(self) -> Any:
        """Type of the operation for the compiler."""
        from numba.core.registry import cpu_target

        from moodcurve.features.jit import simd_lowering

        cpu_target.typing_context.refresh()  # registers the operations imported here
        return cpu_target.typing_context.resolve_value_type(getattr(simd_lowering, self._name))


load = _Operation("load")
"""Load row ``index`` of a table (n, 16), or sixteen elements from ``index`` of a one-dimensional array."""
store = _Operation("store")
"""Store lanes to row ``index`` of a table (n, 16), or from ``index`` on to a one-dimensional array."""
broadcast = _Operation("broadcast")
"""Copy one number to all lanes."""
to_double = _Operation("to_double")
"""Convert single to double precision."""
to_single = _Operation("to_single")
"""Convert double to single precision."""
muladd = _Operation("muladd")
"""Compute a b + c, rounded once if the machine has such an instruction, else twice."""
sqrt = _Operation("sqrt")
"""Compute the square root."""
maximum = _Operation("maximum")
"""Return the larger of a and b, lane by lane; b where one is NaN."""
minimum = _Operation("minimum")
"""Return the smaller of a and b, lane by lane; b where one is NaN."""
greater = _Operation("greater")
"""Return 1 where a > b, else 0."""
greater_mask = _Operation("greater_mask")
"""Return an integer whose bit l is set if a > b in lane l."""
zip_low = _Operation("zip_low")
"""Interleave the lower halves: a0, b0, a1, b1 ... a7, b7."""
zip_high = _Operation("zip_high")
"""Interleave the upper halves: a8, b8, ... a15, b15."""
