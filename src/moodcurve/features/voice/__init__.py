"""F0 and voice quality: sub-harmonic summation, Viterbi smoothing, jitter, shimmer, harmonics-to-noise ratio."""
