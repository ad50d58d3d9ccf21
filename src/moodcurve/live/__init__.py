"""Follow sound as it arrives, from a microphone, a pipe or a radio stream: a row of arousal and valence every 0.5 s.

`listen` yields the rows of a source: `microphone`, `raw_pcm`, `encoded` or `radio`.
"""

from moodcurve.live.events import Break, LiveError, Notice, Sound
from moodcurve.live.follower import Row
from moodcurve.live.listen import listen
from moodcurve.live.microphone import microphone
from moodcurve.live.pipe import RawFormat, encoded, raw_pcm
from moodcurve.live.radio import radio

__all__ = [
    "Break",
    "LiveError",
    "Notice",
    "RawFormat",
    "Row",
    "Sound",
    "encoded",
    "listen",
    "microphone",
    "radio",
    "raw_pcm",
]
