"""Follow sound as it arrives, from a microphone, a pipe or a radio stream: a row of arousal and valence every 0.5 s.

`listen` yields the rows of a source: `microphone`, `raw_pcm`, `encoded` or `radio`.
"""

from moodcurve.live.events import AudioBlock, Break, LiveError, Notice
from moodcurve.live.follower import Row
from moodcurve.live.listener import listen
from moodcurve.live.pipe import RawFormat, encoded, raw_pcm
from moodcurve.live.sound_card import microphone
from moodcurve.live.web_radio import radio

__all__ = [
    "AudioBlock",
    "Break",
    "LiveError",
    "Notice",
    "RawFormat",
    "Row",
    "encoded",
    "listen",
    "microphone",
    "radio",
    "raw_pcm",
]
