"""Define a comparison of two songs: which of them is higher on an axis, according to listeners."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Listeners' judgment of two songs on one axis.

    Attributes
    ----------
    axis : str
        One of `moodcurve.curve.AXES`.
    higher, lower : str
        Ids of the songs. If they were judged equal, the order has no meaning.
    is_equal : bool
        Whether listeners judged the songs equal.
    is_unanimous : bool
        Whether all listeners agreed.
    """

    axis: str
    higher: str
    lower: str
    is_equal: bool = False
    is_unanimous: bool = False
