"""Define the base class of errors about input that a user can correct."""

COMPILER = ("numba", "llvmlite")
"""The packages that make machine code of the feature extractor."""
_COMPILER_COST = (
    ", which may have no wheel for this Python or processor; without it no song can be analyzed here; libraries can be "
    "searched and exported"
)


class MoodcurveError(ValueError):
    """Some input cannot be used; the one-line message names it, the problem, and what is accepted.

    Modules that read input derive their own (AudioError, DatasetError, ModelError). The command line shows exactly
    these as messages; any other exception is a bug.
    """


class SetupError(MoodcurveError):
    """Nothing can be analyzed here, whatever the input: a model or a module fails, or too little memory is left."""


def setup_error(error: ImportError | MemoryError) -> SetupError:
    """Return the `SetupError` for an error that no input causes."""
    if isinstance(error, MemoryError):
        return SetupError("not enough memory")
    name = error.name or "a module"
    cost = _COMPILER_COST if name.partition(".")[0] in COMPILER else ""
    return SetupError(f"cannot import {name}: {error}{cost}")
