"""Compute descriptors of single frames: energy, auditory spectrum, spectral shape, and the FFT they need."""
