"""Kalman filter and smoother of a linear dynamical system with Gaussian noise, observed without further noise.

    s(0) ~ N(0, P₀),   s(t + 1) = A s(t) + N(0, Q),   z(t) = H s(t),   output: C s(t)

The filter computes E[C s(t) | z(0..t)], the smoother E[C s(t) | z(0..n-1)]. The smoother uses the form of Bryson and
Frazier (Bierman, "Fixed interval smoothing with discrete measurements", Int. J. Control 18(1), 1973). It equals that
of Rauch, Tung and Striebel, and inverts only the covariance of the innovations.
"""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Dynamics:
    """A system of k state variables with two observed series and two output series.

    Attributes
    ----------
    transition, noise, initial : (k, k)
        A, Q, P₀.
    observation, output : (2, k)
        H, C.
    """

    transition: FloatArray
    noise: FloatArray
    initial: FloatArray
    observation: FloatArray
    output: FloatArray


def kalman_filter(z: FloatArray, system: Dynamics) -> FloatArray:
    """Estimate the output (n, 2), each row from the observations (n, 2) up to it."""
    return _forward(z, system)[0]


def kalman_smoother(z: FloatArray, system: Dynamics) -> FloatArray:
    """Estimate the output (n, 2) from all observations (n, 2).

    With the filter's mean s, covariance P, gain K and innovation v of covariance S, it runs backward from λ = 0:
    smoothed = C (s - P λ), then λ ← Aᵀ (λ - Hᵀ (S⁻¹ v + Kᵀ λ)).
    """
    means, covariances, gains, innovations = _forward(z, system)
    result = np.empty_like(means)
    adjoint = np.zeros(len(system.transition))
    for t in range(len(z) - 1, -1, -1):
        result[t] = means[t] - covariances[t] @ adjoint
        adjoint = system.transition.T @ (adjoint - system.observation.T @ (innovations[t] + gains[t].T @ adjoint))
    return result


def _forward(z: FloatArray, system: Dynamics) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return C s (n, 2), C P (n, 2, k), K (n, k, 2) and S⁻¹ v (n, 2) of each row."""
    k = len(system.transition)
    mean, covariance = np.zeros(k), system.initial
    means, innovations = np.empty((len(z), 2)), np.empty((len(z), 2))
    covariances, gains = np.empty((len(z), 2, k)), np.empty((len(z), k, 2))
    for t, observed in enumerate(z):
        projected = system.observation @ covariance
        inverse = np.linalg.inv(projected @ system.observation.T)
        # not projected.T: rounding makes the covariance slightly asymmetric, and the error would grow
        gain, innovation = covariance @ system.observation.T @ inverse, observed - system.observation @ mean
        mean = mean + gain @ innovation
        covariance = covariance - gain @ projected
        means[t], covariances[t] = system.output @ mean, system.output @ covariance
        gains[t], innovations[t] = gain, inverse @ innovation
        mean = system.transition @ mean
        covariance = system.transition @ covariance @ system.transition.T + system.noise
    return means, covariances, gains, innovations
