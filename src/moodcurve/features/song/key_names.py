"""Musical keys: their names, and their codes on the Camelot wheel.

On the wheel, neighbors share all notes but at most one: the key with the same number and the other letter, and those of
the same letter and the next or previous number.
"""

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""From C upwards, in the order of MIDI notes."""
KEYS = (*PITCH_CLASSES, *(f"{name}m" for name in PITCH_CLASSES))
"""Names of keys: the twelve major ones from C upwards, then the minor ones, such as ``Am``."""
_FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}


def _camelot(index: int) -> str:
    """Return the code of a key: C is 8B and A minor 8A, and a fifth upwards is one further."""
    minor = index >= 12
    fifths = 7 * (index % 12 + (3 if minor else 0)) % 12  # of the relative major, above C
    return f"{(fifths + 7) % 12 + 1}{'A' if minor else 'B'}"


CAMELOT = {name: _camelot(i) for i, name in enumerate(KEYS)}
"""Code of each key.

>>> CAMELOT["C"], CAMELOT["Am"], CAMELOT["G"], CAMELOT["F#m"]
('8B', '8A', '9B', '11A')
"""
_FOLDED = {name.lower(): name for name in KEYS} | {code.lower(): name for name, code in CAMELOT.items()}


def parse_key(text: str) -> str | None:
    """Return the name of a key given by name or Camelot code, with sharps or flats; None if it is neither.

    Examples
    --------
    >>> parse_key("8a"), parse_key("Bbm"), parse_key("H")
    ('Am', 'A#m', None)
    """
    text = text.strip()
    for flat, sharp in _FLATS.items():
        if text.lower().removesuffix("m") == flat.lower():
            text = sharp + text[2:]
    return _FOLDED.get(text.lower())
