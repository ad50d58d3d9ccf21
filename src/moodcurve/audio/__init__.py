"""Audio files: decoding to blocks of mono samples, tags, file types and content hashes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodcurve.audio.reader import ANALYSIS_SR, AudioError, AudioReader, open_audio

__all__ = ["ANALYSIS_SR", "AudioError", "AudioReader", "open_audio"]


# Loaded at first use: reading tags or telling file types needs no decoder.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'moodcurve.audio' has no attribute {name!r}")
    return getattr(import_module("moodcurve.audio.reader"), name)
