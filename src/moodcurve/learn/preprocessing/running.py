"""Compute statistics of the rows up to each row, and free live recordings of their level, from a state that is carried.

Each function of the rows so far has a NumPy form, which starts with the recording, and a graph that continues from a
state, zeros before the first row.
"""

import math
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.onnx_graph import Graph, LoopBody
from moodcurve.learn.preprocessing.loudness import LevelNormalization
from moodcurve.runtime.silence import BELOW_GATED_DB, GATE_DB, LOWEST_DB, RELATIVE_GATE_DB


@dataclass(frozen=True)
class RunningStatistics:
    """Mean and standard deviation of each column over the rows so far, of which older ones count less.

    A row's weight falls by 1/e in `memory_s`. Rows of weight 0 change nothing, nor do they let others age. With the
    count n, mean m and variance v of the rows before, a row z of weight 1 gives

        n ← decay · n + 1,  d = z - m,  m ← m + d / n,  v ← (1 - 1/n) (v + d² / n).

    Attributes
    ----------
    memory_s : float
    columns : int
    """

    memory_s: float
    columns: int

    @property
    def state_size(self) -> int:
        """Size of the state: n, m and v."""
        return 1 + 2 * self.columns

    @property
    def _decay(self) -> float:
        return math.exp(-HOP_S / self.memory_s)

    def apply(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Compute (n, 2 · columns) from the rows of a recording (n, columns): the means, then the standard deviations.

        Both are 0 before the first row whose weight, of (n, 1), is 1.
        """
        result = np.zeros((len(z), 2 * self.columns))
        count, mean, variance = 0.0, np.zeros(self.columns), np.zeros(self.columns)
        for t, (row, weight) in enumerate(zip(z, weights[:, 0], strict=True)):
            if weight:
                count = self._decay * count + 1
                difference = row - mean
                mean = mean + difference / count
                variance = (1 - 1 / count) * (variance + difference**2 / count)
            result[t, : self.columns], result[t, self.columns :] = mean, np.sqrt(variance)
        return result

    def build(self, graph: Graph, z: str, weights: str, state: str) -> tuple[str, str]:
        """Add `apply` after rows that left a state (size,); return the names of its output and of the next state."""
        size = self.columns
        before = graph.add_multiple("Split", state, graph.indices([1, size, size]), outputs=3, axis=0)
        decay, one = graph.constant(np.float64(self._decay)), graph.constant(np.float64(1))
        body = LoopBody()
        count = body.add("Add", body.add("Mul", decay, "count"), one)
        count = body.add("Add", "count", body.add("Mul", "weight", body.add("Sub", count, "count")))
        share = body.add("Div", "weight", body.add("Max", count, one))
        difference = body.add("Sub", "row", "mean")
        step = body.add("Mul", share, difference)
        variance = body.add("Add", "variance", body.add("Mul", step, difference))
        variance = body.add("Mul", body.add("Sub", one, share), variance)
        for name, value in (
            ("next_count", count),
            ("next_mean", body.add("Add", "mean", step)),
            ("next_variance", variance),
        ):
            body.name(name, value)
        body.name("mean_now", "next_mean")
        body.name("deviation_now", body.add("Sqrt", variance))
        inner = body.to_graph(
            "running_statistics",
            {"count": [1], "mean": [size], "variance": [size], "row": [size], "weight": [1]},
            {
                "next_count": [1],
                "next_mean": [size],
                "next_variance": [size],
                "mean_now": [size],
                "deviation_now": [size],
            },
        )
        found = graph.add_multiple("Scan", *before, z, weights, outputs=5, body=inner, num_scan_inputs=2)
        return graph.add("Concat", *found[3:], axis=1), graph.add("Concat", *found[:3], axis=0)


@dataclass(frozen=True, eq=False, kw_only=True)
class RunningLevelNormalization:
    """Level normalization by the gated level of the rows so far, of which older ones count less.

    The gates are those of `moodcurve.runtime.silence`, applied to each row as it arrives: it counts if it reaches
    -70 dB, and -10 dB below the mean of those that do.

    Attributes
    ----------
    normalization : LevelNormalization
        The columns, and how they depend on the level; it reads whole recordings itself.
    memory_s : float
        As for `RunningStatistics`.
    """

    normalization: LevelNormalization
    memory_s: float

    @property
    def state_size(self) -> int:
        """Size of the state: that of both gates' means."""
        return 2 * self._mean.state_size

    @property
    def _mean(self) -> RunningStatistics:
        return RunningStatistics(self.memory_s, 1)

    def apply(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Normalize the rows (n, columns) of a recording; also return which sound, (n, 1), of what was heard so far."""
        powers = self.normalization.powers(x)[:, None]
        loud = self._mean.apply(powers, _reaches(powers, _power(GATE_DB)))[:, :1]
        least = np.maximum(_power(RELATIVE_GATE_DB) * loud, _power(GATE_DB))
        gated = self._mean.apply(powers, _reaches(powers, least))[:, :1]
        silence = np.maximum(_power(-BELOW_GATED_DB) * gated, _power(LOWEST_DB))
        return self.normalization.scale(x, gated), _reaches(powers, silence)

    def build(self, graph: Graph, x: str, state: str) -> tuple[str, str, str]:
        """Add `apply` after rows that left a state; return the names of both outputs and of the next state."""
        half = self._mean.state_size
        first, second = graph.add_multiple("Split", state, graph.indices([half, half]), outputs=2, axis=0)

        def limit(reference: str, below_db: float, least_db: float) -> str:
            relative = graph.add("Mul", reference, graph.constant(np.float64(_power(below_db))))
            return graph.add("Max", relative, graph.constant(np.float64(_power(least_db))))

        def reaches(least: str) -> str:
            return graph.add("Cast", graph.add("GreaterOrEqual", powers, least), to=graph.double)

        def mean(least: str, state: str) -> tuple[str, str]:
            found, after = self._mean.build(graph, powers, reaches(least), state)
            return graph.add("Gather", found, graph.indices([0]), axis=1), after

        powers = self.normalization.add_powers(graph, x)
        loud, first = mean(graph.constant(np.float64(_power(GATE_DB))), first)
        gated, second = mean(limit(loud, RELATIVE_GATE_DB, GATE_DB), second)
        sounding = reaches(limit(gated, -BELOW_GATED_DB, LOWEST_DB))
        normalized = self.normalization.add_scale(graph, x, gated)
        return normalized, sounding, graph.add("Concat", first, second, axis=0)


def _reaches(powers: FloatArray, least: FloatArray | float) -> FloatArray:
    return (powers >= least).astype(np.float64)


def _power(db: float) -> float:
    return float(10 ** (db / 10))
