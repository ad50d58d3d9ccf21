"""Free window features of a recording's level, and find its silent rows.

If a recording is played at g times the amplitude, 28 of the columns of compare236 change, by a power of g that depends
on the descriptor only: energies and their kin by g², magnitudes by g, the loudness of auditory bands by g^0.66
(measured on songs at -20 dB: within .002 of the exponent). All others stay. Dividing by that power of the recording's
gated level gives the columns that the recording would have at a fixed level, without reading it twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph
from moodcurve.runtime.silence import (
    BELOW_GATED_DB,
    GATE_DB,
    LOWEST_DB,
    RELATIVE_GATE_DB,
    RMS_MEAN,
    RMS_STD,
    gated_power,
)

REFERENCE_LEVEL = 0.1
"""Gated level of all recordings after the step, as an amplitude: -20 dB."""
EXPONENTS = {
    "audspec_lengthL1norm": 0.66,
    "pcm_RMSenergy": 1.0,
    "pcm_fftMag_spectralFlux": 1.0,
    "pcm_fftMag_fband": 2.0,
    "pcm_fftMag_spectralSlope": 2.0,
    "pcm_fftMag_spectralHarmonicity": 2.0,
}
"""Power of the amplitude that descriptors grow by, by the start of their names; 0 for all others."""
FLOOR = 1e-3
"""Smallest value before the logarithm, as a share of the column's median in training."""
_QUIETEST_LEVEL = 1e-4
"""Least level that is scaled to the reference (-80 dB): digital silence has none."""


@dataclass(frozen=True, eq=False)
class LevelNormalization:
    """Scale columns to what they would be at `REFERENCE_LEVEL`, and take the logarithm of those that are energies.

    Unlike other steps, it reads all rows at once: the gated level is that of the whole recording.

    Attributes
    ----------
    rms : (int, int)
        Positions of the mean and the standard deviation of the RMS energy.
    exponents : (columns,)
    logarithmic : (columns,) bool
        Columns whose logarithm is taken: those that depend on the level and are positive.
    floors : (columns,)
        Lower limit before the logarithm; of no effect on other columns.
    """

    rms: tuple[int, int]
    exponents: FloatArray
    logarithmic: npt.NDArray[np.bool_]
    floors: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Normalize the rows (n, columns) of one recording."""
        return self.scale(x, np.array(gated_power(self.powers(x))))

    def sounding(self, x: FloatArray) -> FloatArray:
        """Return 1 for each row that is not silent and 0 for the others, (n, 1); 1 for all if all are silent.

        The rule is that of `moodcurve.runtime.silence`, without its rounding.
        """
        powers = self.powers(x)
        threshold = max(10 ** (-BELOW_GATED_DB / 10) * gated_power(powers), 10 ** (LOWEST_DB / 10))
        found = powers >= threshold
        return (found if found.any() else ~found)[:, None].astype(np.float64)

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""
        return self.add_scale(graph, x, self._add_gated_power(graph, x))

    def build_sounding(self, graph: Graph, x: str) -> str:
        """Add `sounding` to a graph and return the name of its output, (rows, 1)."""
        relative = graph.add("Mul", self._add_gated_power(graph, x), _number(graph, 10 ** (-BELOW_GATED_DB / 10)))
        threshold = graph.add("Max", relative, _number(graph, 10 ** (LOWEST_DB / 10)))
        found = graph.add("GreaterOrEqual", self.add_powers(graph, x), threshold)
        weights = graph.add("Cast", found, to=graph.double)
        none = graph.add("Sub", _number(graph, 1.0), graph.add("ReduceMax", weights, keepdims=0))
        return graph.add("Max", weights, none)

    def powers(self, x: FloatArray) -> FloatArray:
        """Return the power of each row, (n,)."""
        powers: FloatArray = (x[:, list(self.rms)] ** 2).sum(axis=1)
        return powers

    def add_powers(self, graph: Graph, x: str) -> str:
        """Add `powers` to a graph and return the name of its output, (rows, 1)."""
        rms = graph.add("Gather", x, graph.indices(self.rms), axis=1)
        return graph.add("ReduceSum", graph.add("Mul", rms, rms), graph.indices([1]), keepdims=1)

    def scale(self, x: FloatArray, gated: FloatArray) -> FloatArray:
        """Normalize rows (n, columns) whose gated power is given, for all of them or for each, (n, 1)."""
        level = np.maximum(np.sqrt(gated), _QUIETEST_LEVEL)
        scaled = x * (REFERENCE_LEVEL / level) ** self.exponents
        return np.where(self.logarithmic, np.log(np.maximum(scaled, self.floors)), scaled)

    def add_scale(self, graph: Graph, x: str, gated: str) -> str:
        """Add `scale` to a graph and return the name of its output."""
        level = graph.add("Max", graph.add("Sqrt", gated), _number(graph, _QUIETEST_LEVEL))
        ratio = graph.add("Div", _number(graph, REFERENCE_LEVEL), level)
        scaled = graph.add("Mul", x, graph.add("Pow", ratio, graph.constant(self.exponents)))
        logs = graph.add("Log", graph.add("Max", scaled, graph.constant(self.floors)))
        return graph.add("Where", graph.mask(self.logarithmic), logs, scaled)

    def _add_gated_power(self, graph: Graph, x: str) -> str:
        """Add the gated power of all rows, without dimensions."""
        powers = self.add_powers(graph, x)
        loud = _add_mean_from(graph, powers, _number(graph, 10 ** (GATE_DB / 10)))
        gate = graph.add("Mul", loud, _number(graph, 10 ** (RELATIVE_GATE_DB / 10)))
        return _add_mean_from(graph, powers, graph.add("Max", gate, _number(graph, 10 ** (GATE_DB / 10))))


def fit_level_normalization(names: Sequence[str], x: FloatArray) -> LevelNormalization:
    """Find the columns that depend on the level by their names, and the floors of their logarithms.

    Parameters
    ----------
    names : sequence of str
        Columns, with those of the RMS energy among them.
    x : (n, columns)
        Rows of recordings whose level is roughly the reference.
    """
    exponents = np.array([level_exponent(name) for name in names])
    positive = np.array([_is_positive(name) for name in names])
    medians = np.median(x, axis=0)
    logarithmic = (exponents > 0) & positive & (medians > 0)
    return LevelNormalization(
        rms=(names.index(RMS_MEAN), names.index(RMS_STD)),
        exponents=exponents,
        logarithmic=logarithmic,
        floors=np.where(logarithmic, FLOOR * medians, 1.0),
    )


def level_exponent(name: str) -> float:
    """Return the power of the amplitude that a column grows by."""
    return next((exponent for start, exponent in EXPONENTS.items() if name.startswith(start)), 0.0)


def _is_positive(name: str) -> bool:
    """Return True for standard deviations, and for means of descriptors that cannot be negative."""
    return name.endswith("_stddev") or not ("_de_" in name or "spectralSlope" in name)


def _number(graph: Graph, value: float) -> str:
    return graph.constant(np.float64(value))


def _add_mean_from(graph: Graph, powers: str, least: str) -> str:
    """Add the mean of the powers (rows, 1) from `least` on, without dimensions; 0 if there is none."""
    chosen = graph.add("Cast", graph.add("GreaterOrEqual", powers, least), to=graph.double)
    total = graph.add("ReduceSum", graph.add("Mul", powers, chosen), keepdims=0)
    count = graph.add("ReduceSum", chosen, keepdims=0)
    return graph.add("Div", total, graph.add("Max", count, _number(graph, 1.0)))
