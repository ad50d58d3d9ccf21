"""Calibrated intervals of predictions, and detection of recordings unlike the training songs."""
