"""Responses that routes share: a curve in a client's format, and ranges of audio."""
