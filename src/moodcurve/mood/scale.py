"""Convert values between [-1, 1] and the rating scale from 1 to 9."""

from typing import TypeVar

from moodcurve._typing import FloatArray

Value = TypeVar("Value", float, FloatArray)


def to_nine_points(value: Value) -> Value:
    """Map [-1, 1] linearly to [1, 9]: 5 + 4 value.

    >>> to_nine_points(-0.5)
    3.0
    """
    return 5 + 4 * value


def from_nine_points(rating: Value) -> Value:
    """Map [1, 9] linearly to [-1, 1]: (rating - 5) / 4.

    >>> from_nine_points(3.0)
    -0.5
    """
    return (rating - 5) / 4
