"""Compute F0 and voice quality: sub-harmonic summation, Viterbi search, jitter, shimmer, harmonics-to-noise ratio."""
