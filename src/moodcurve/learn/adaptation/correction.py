"""Fit the correction of a candidate to the ratings of a few songs.

The songs' mean deviations from the model's outputs are regressed on the terms of the candidate
(`moodcurve.learn.adaptation.candidates`), by ridge regression in its dual form: with songs i, j and penalties λ,

    k_ij = Σ_terms x_i · x_j / λ,    α = (K + I)⁻¹ r,    weights of a term = Σ_i α_i x_i / λ.

Means are used, because ratings of a song hardly differ compared with those of different songs, and one row is no news
after another. At a row, the outputs count as they are, and the sound as its average around the row.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import AnyFloatArray, FloatArray, IntArray
from moodcurve.learn.adaptation.candidates import OUTPUT_VARIANCE, Candidate
from moodcurve.learn.adaptation.feature_map import FeatureMap, fit_feature_map
from moodcurve.learn.adaptation.outputs import SongOutputs
from moodcurve.learn.onnx_graph import Graph


@dataclass(frozen=True, eq=False, kw_only=True)
class Correction:
    """Correction of both axes.

    Attributes
    ----------
    candidates : (Candidate, Candidate)
        What was fitted to arousal and to valence.
    matrix : (2, 2)
        Weights of the outputs, by output and corrected axis; the identity for no correction.
    level : (2,)
    feature_map : FeatureMap
    weights : (size, 2)
        Weights of what `feature_map` gives; all 0 if no candidate uses it.
    """

    candidates: tuple[Candidate, Candidate]
    matrix: FloatArray
    level: FloatArray
    feature_map: FeatureMap
    weights: FloatArray

    def apply(self, song: SongOutputs) -> FloatArray:
        """Return the corrected outputs (n, 2) for the rated rows of a song, not limited to [-1, 1]."""
        corrected: FloatArray = song.values @ self.matrix + self.level
        return corrected + self.feature_map.apply_weighted(song, self.weights) if self.weights.any() else corrected

    def build(self, graph: Graph, outputs: str, embedding: str | None) -> str:
        """Add the correction to a graph, given names of values in double precision, and return the result's name."""
        corrected = graph.add("MatMul", outputs, graph.constant(self.matrix))
        corrected = graph.add("Add", corrected, graph.constant(self.level))
        if not self.weights.any():
            return corrected
        return graph.add("Add", corrected, self.feature_map.build(graph, embedding, self.weights))


@dataclass(frozen=True, eq=False, kw_only=True)
class Terms:
    """What corrections add up, of songs (their means) or of rows.

    Attributes
    ----------
    outputs : (n, 2)
        The model's outputs.
    z : (n, size)
        What `FeatureMap` gives.
    deviations : (n, 2)
        The ratings less the outputs.
    """

    outputs: FloatArray
    z: FloatArray
    deviations: FloatArray

    def of_axis(self, candidate: Candidate, axis: int) -> list[tuple[FloatArray, float]]:
        """Return the terms of one axis, (n, weights) each, with their finite penalties."""
        scaled = self.outputs / math.sqrt(OUTPUT_VARIANCE)
        terms = (
            (np.ones((len(scaled), 1)), candidate.level),
            (scaled[:, [axis]], candidate.scale),
            (scaled[:, [1 - axis]], candidate.mix),
            (self.z, candidate.sound),
        )
        return [(x, penalty) for x, penalty in terms if math.isfinite(penalty)]

    def select(self, songs: IntArray) -> "Terms":
        """Return the terms of some of the songs."""
        return Terms(outputs=self.outputs[songs], z=self.z[songs], deviations=self.deviations[songs])


def terms_of(songs: Sequence[SongOutputs], z: Sequence[AnyFloatArray]) -> Terms:
    """Return the terms of songs, given what `FeatureMap.apply` returns for each."""
    return Terms(
        outputs=np.array([song.values.mean(axis=0) for song in songs]),
        z=np.array([rows.mean(axis=0, dtype=np.float64) for rows in z]),
        deviations=np.array([song.song.y.mean(axis=0) - song.values.mean(axis=0) for song in songs]),
    )


def fit_correction(songs: Sequence[SongOutputs], candidates: tuple[Candidate, Candidate]) -> Correction:
    """Fit the candidates of arousal and of valence to the ratings of songs."""
    feature_map = fit_feature_map(songs)
    terms = terms_of(songs, [feature_map.apply(song) for song in songs])
    matrix, level, weights = np.eye(2), np.zeros(2), np.zeros((terms.z.shape[1], 2))
    for axis, candidate in enumerate(candidates):
        alpha = dual_weights(kernel(terms, candidate, axis), terms.deviations[:, axis])
        level[axis] = alpha.sum() / candidate.level
        matrix[axis, axis] += alpha @ terms.outputs[:, axis] / (candidate.scale * OUTPUT_VARIANCE)
        matrix[1 - axis, axis] += alpha @ terms.outputs[:, 1 - axis] / (candidate.mix * OUTPUT_VARIANCE)
        weights[:, axis] = alpha @ terms.z / candidate.sound
    return Correction(candidates=candidates, matrix=matrix, level=level, feature_map=feature_map, weights=weights)


def kernel(terms: Terms, candidate: Candidate, axis: int, others: Terms | None = None) -> FloatArray:
    """Return the prior covariance of the corrections of songs, (songs, other songs), in units of a song's variance."""
    others = terms if others is None else others
    pairs = zip(terms.of_axis(candidate, axis), others.of_axis(candidate, axis), strict=True)
    total: FloatArray = np.zeros((len(terms.outputs), len(others.outputs)))
    for (x, penalty), (other, _) in pairs:
        total += x @ other.T / penalty
    return total


def dual_weights(covariance: FloatArray, deviations: FloatArray) -> FloatArray:
    """Return the weight of each song, (K + I)⁻¹ r."""
    return np.asarray(np.linalg.solve(covariance + np.eye(len(covariance)), deviations), np.float64)
