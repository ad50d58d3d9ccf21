"""Write frozen dataclasses into the metadata of a model file as JSON, and read them back."""

import json
from dataclasses import asdict
from typing import Any, TypeVar

from moodcurve.util.decoding import decode

Decoded = TypeVar("Decoded")


def as_json(value: Any) -> str:
    """Return a dataclass as a JSON object of its fields, in their order; raise ValueError for NaN and infinity."""
    return json.dumps(asdict(value), allow_nan=False)


def from_json(kind: type[Decoded], text: str) -> Decoded:
    """Build a dataclass from what `as_json` wrote.

    Parameters
    ----------
    kind : dataclass
        As `moodcurve.util.decoding.decode` takes it. The text must have all of its fields and no other key.
    text : str

    Raises
    ------
    ValueError
        If the text is not JSON, or does not fit.

    Examples
    --------
    >>> from moodcurve.runtime.sequence import SequenceMode
    >>> from_json(SequenceMode, '{"kind": "window", "window_rows": 60, "margin_rows": 10, "state_size": 0.5}')
    Traceback (most recent call last):
    ValueError: state_size must be a whole number, got 0.5
    """
    try:
        return decode(kind, json.loads(text), complete=True)
    except RecursionError:
        raise ValueError("must be an object of numbers, got one that is nested too deeply") from None
