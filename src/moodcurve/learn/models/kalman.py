"""Kalman filter and smoother of a linear dynamical system with Gaussian noise, observed without further noise.

    s(0) ~ N(0, P₀),   s(t + 1) = A s(t) + N(0, Q),   z(t) = H s(t),   wanted: C s(t)

The filter's means are E[C s(t) | z(0..t)], the smoother's E[C s(t) | z(0..n-1)]. The smoother is in the form of
Bryson and Frazier (Bierman, "Fixed interval smoothing with discrete measurements", Int. J. Control 18(1), 1973),
which gives the numbers of Rauch, Tung and Striebel's and inverts no matrix but the innovation's.
"""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Dynamics:
    """A system of k state variables with two observed and two wanted series.

    Attributes
    ----------
    transition, noise, start : (k, k)
        A, Q, P₀.
    observed, wanted : (2, k)
        H, C.
    """

    transition: FloatArray
    noise: FloatArray
    start: FloatArray
    observed: FloatArray
    wanted: FloatArray


def filtered(z: FloatArray, system: Dynamics) -> FloatArray:
    """Give the wanted series (n, 2), each row from the observed ones (n, 2) up to it."""
    return _forward(z, system)[0]


def smoothed(z: FloatArray, system: Dynamics) -> FloatArray:
    """Give the wanted series (n, 2) from all observed rows (n, 2).

    With the filter's mean and covariance s, P, gain K and innovation v of covariance S, backwards from λ = 0:
    smoothed = C (s - P λ), then λ ← Aᵀ (λ - Hᵀ (S⁻¹ v + Kᵀ λ)).
    """
    means, spreads, gains, surprises = _forward(z, system)
    result = np.empty_like(means)
    adjoint = np.zeros(len(system.transition))
    for t in range(len(z) - 1, -1, -1):
        result[t] = means[t] - spreads[t] @ adjoint
        adjoint = system.transition.T @ (adjoint - system.observed.T @ (surprises[t] + gains[t].T @ adjoint))
    return result


def _forward(z: FloatArray, system: Dynamics) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give C s (n, 2), C P (n, 2, k), K (n, k, 2) and S⁻¹ v (n, 2) of each row."""
    k = len(system.transition)
    mean, covariance = np.zeros(k), system.start
    means, surprises = np.empty((len(z), 2)), np.empty((len(z), 2))
    spreads, gains = np.empty((len(z), 2, k)), np.empty((len(z), k, 2))
    for t, observed in enumerate(z):
        seen = system.observed @ covariance
        inverse = np.linalg.inv(seen @ system.observed.T)
        # not seen.T: what rounding leaves of asymmetry in the covariance would grow instead of dying out
        gain, innovation = covariance @ system.observed.T @ inverse, observed - system.observed @ mean
        mean = mean + gain @ innovation
        covariance = covariance - gain @ seen
        means[t], spreads[t] = system.wanted @ mean, system.wanted @ covariance
        gains[t], surprises[t] = gain, inverse @ innovation
        mean = system.transition @ mean
        covariance = system.transition @ covariance @ system.transition.T + system.noise
    return means, spreads, gains, surprises
