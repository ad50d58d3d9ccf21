"""Random ids of jobs, live sessions and batches, as parts of paths."""

import re

from moodcurve.web.errors import invalid_value

RANDOM_ID = "^[A-Za-z0-9_-]{12}$"


def random_id(text: str, what: str = "an id") -> str:
    """Return the id of a job, live session or batch; raise an error for a validator if it cannot be one."""
    if not re.fullmatch(RANDOM_ID, text):
        raise invalid_value(f"not {what}: 12 letters, digits, hyphens or underscores")
    return text
