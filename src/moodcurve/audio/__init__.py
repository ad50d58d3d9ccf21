"""Read audio files: blocks of mono samples, tags, file types and content hashes.

`open_audio` opens a file, `AudioReader` returns its samples, `AudioError` says why a file cannot be read. The other
modules are imported by name: `moodcurve.audio.tags`, `moodcurve.audio.filetypes`, `moodcurve.audio.content_hash`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodcurve.audio.reader import ANALYSIS_SR, AudioError, AudioReader, open_audio

__all__ = ["ANALYSIS_SR", "AudioError", "AudioReader", "open_audio"]


# Imported on first use: reading tags or checking file types needs no decoder.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'moodcurve.audio' has no attribute {name!r}")
    return getattr(import_module("moodcurve.audio.reader"), name)
