"""Keep audio on the clock of its file: silence where time stamps leave time out."""

from dataclasses import dataclass

from moodcurve.util.text import clock

# Containers whose time stamps say when audio is played; elsewhere they are counted from the samples
_FROM_ZERO = ("matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "asf")
# Their clock starts anywhere; the earliest stream is at 0, as in players
_FROM_START = ("flv", "mpeg", "mpegts", "ogg")
# Their clock may be set again within a recording; FFmpeg and players take a jump of more than 10 s for that
_RESET_S = {"mpeg": 10.0, "mpegts": 10.0}

TOLERANCE_S = 0.1
"""Shorter gaps are rounding, encoder delay, or a frame that was lost."""
MAX_SILENCE_S = 4 * 3600.0
"""Most silence in one recording: a small file could otherwise claim years of it."""


@dataclass
class Timeline:
    """Finds gaps between time stamps.

    Time 0 is time stamp 0 in MP4, Matroska, WebM and WMA, and the start of the earliest stream, picture or sound, in
    other containers. So a second of the curve is the second that a player shows. Audio before time 0 is kept and moves
    time 0; where time stamps jump back, audio goes on without a gap.

    Attributes
    ----------
    zero_s : float
        Time stamp of time 0.
    longest_s : float
        Longest gap that is believed.
    """

    zero_s: float
    longest_s: float = MAX_SILENCE_S
    _end_s: float = 0.0
    """Time at which the audio so far ends."""
    _late_s: float = 0.0
    _gaps_s: float = 0.0
    _first_gap_s: float = 0.0
    _gaps: int = 0
    _ignored: int = 0

    def silence_before(self, time_s: float | None, length_s: float) -> float:
        """Return the seconds of silence to insert before audio with a time stamp, or 0; it lasts `length_s`."""
        gap = 0.0 if time_s is None else time_s - self.zero_s - self._end_s
        if gap > TOLERANCE_S and gap <= self.longest_s and self._late_s + self._gaps_s + gap <= MAX_SILENCE_S:
            self._count(gap)
        else:
            if abs(gap) > TOLERANCE_S:
                self._ignored += gap > 0
                self.zero_s += gap
            gap = 0.0
        self._end_s += gap + length_s
        return gap

    def _count(self, gap: float) -> None:
        if not self._end_s:
            self._late_s = gap
            return
        if not self._gaps:
            self._first_gap_s = self._end_s
        self._gaps += 1
        self._gaps_s += gap

    def notes(self) -> list[str]:
        """Return what a user should know, after the last audio."""
        found = []
        if self._late_s:
            found.append(f"its sound begins at {self._late_s:.1f} s; the time before counts as silence")
        if self._gaps:
            at = clock(self._first_gap_s)
            where = f"a gap of {self._gaps_s:.1f} s at {at}" if self._gaps == 1 else (
                f"{self._gaps} gaps of {self._gaps_s:.1f} s together, the first at {at}"
            )  # fmt: skip
            found.append(f"its time stamps leave {where}, which counts as silence")
        if self._ignored:
            found.append(f"its time stamps jump ahead too far to be believed: {self._ignored}; its times may be wrong")
        return found


def timeline_of(container: str, start_s: float | None) -> Timeline | None:
    """Return the timeline of a container by FFmpeg's name of its format; None if its audio has no clock.

    `start_s` is the time stamp of its earliest stream.
    """
    if container in _FROM_ZERO:
        return Timeline(0.0)
    if container in _FROM_START:
        return Timeline(start_s or 0.0, _RESET_S.get(container, MAX_SILENCE_S))
    return None
