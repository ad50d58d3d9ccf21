"""Descriptors of single frames: energy, auditory spectrum, shape of the spectrum, and the FFT behind them."""
