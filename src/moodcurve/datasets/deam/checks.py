"""Detect exchanged columns: compare the arousal and valence of two sources of DEAM's ratings, year by year."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from moodcurve.datasets.deam.labels import SongLevels

Id = TypeVar("Id", int, str)

YEARS = {2013: range(1, 1001), 2014: range(1001, 2001), 2015: range(2001, 1_000_000)}
"""Song ids by year; each year was rated, and its files written, separately."""
MIN_SONGS = 20
"""Fewest songs needed to detect exchanged columns. In 4,000 random draws of 20 songs of 2013 and 2014,
``LevelCorrelation.exchanged`` was always right; in 5,141 draws of 10 songs it was wrong 7 times."""


@dataclass(frozen=True, kw_only=True)
class LevelCorrelation:
    """Pearson's r between the song levels of two sources, for each pair of columns.

    Attributes
    ----------
    songs : int
        Number of songs in both sources.
    aa, vv : float
        Arousal with arousal, valence with valence.
    av, va : float
        The first source's arousal with the second's valence, and the reverse.
    """

    songs: int
    aa: float
    vv: float
    av: float
    va: float

    @property
    def exchanged(self) -> bool:
        """True if arousal of one source goes with valence of the other, and the reverse."""
        return self.av + self.va > self.aa + self.vv

    def __str__(self) -> str:
        return (
            f"r over {self.songs} songs: arousal-arousal {self.aa:.3f}, valence-valence {self.vv:.3f}, "
            f"arousal-valence {self.av:.3f}, valence-arousal {self.va:.3f}"
        )


def correlate_levels(
    first: Mapping[Id, tuple[float, float]], second: Mapping[Id, tuple[float, float]]
) -> LevelCorrelation | None:
    """Correlate the levels (arousal, valence) of the songs in both sources.

    Arousal and valence of music are correlated (r is about .6 over DEAM's songs), so no single correlation shows
    which column is which; the sums of the two straight and the two crossed ones are compared.

    Returns
    -------
    LevelCorrelation or None
        None if fewer than ``MIN_SONGS`` songs are in both, or a column is constant.
    """
    shared = sorted(name for name in first if name in second)
    if len(shared) < MIN_SONGS:
        return None
    columns = np.array([first[name] + second[name] for name in shared])
    if np.any(np.ptp(columns, axis=0) == 0):
        return None
    r = np.corrcoef(columns, rowvar=False)
    return LevelCorrelation(
        songs=len(shared), aa=float(r[0, 2]), vv=float(r[1, 3]), av=float(r[0, 3]), va=float(r[1, 2])
    )


def _songs_of_year(levels: SongLevels, year: int) -> SongLevels:
    """Return the songs of one of the ``YEARS``."""
    return {song_id: level for song_id, level in levels.items() if song_id in YEARS[year]}


def correct_exchanged_years(song_ratings: SongLevels, means: SongLevels) -> tuple[SongLevels, list[str]]:
    """Exchange arousal and valence of song ratings in the years whose file has them exchanged.

    In the published files that is 2013. It is detected by comparison with the means of the ratings over time, so
    that a corrected copy of DEAM is read as well. Years without enough songs are left out.

    Returns
    -------
    song_ratings : SongLevels
    notes : list of str
        One sentence per year that was exchanged or left out.
    """
    checked: SongLevels = {}
    notes = []
    for year in YEARS:
        block = _songs_of_year(song_ratings, year)
        found = correlate_levels(_songs_of_year(means, year), block)
        if found is None and block:
            notes.append(
                f"The {len(block)} song-level ratings of {year} are left out: telling arousal from valence needs "
                f"ratings over time of at least {MIN_SONGS} songs."
            )
        elif found is not None and found.exchanged:
            block = {song_id: (valence, arousal) for song_id, (arousal, valence) in block.items()}
            notes.append(
                f"The {len(block)} song-level ratings of {year} had arousal and valence exchanged; this was corrected "
                f"(means over time against the columns as named: {found})."
            )
        if found is not None:
            checked |= block
    return checked, notes


def describe_exchanged_years(means: SongLevels, deam: SongLevels) -> list[str]:
    """Return a note for each year in which song means have arousal and valence exchanged compared with DEAM's.

    The 2015 development labels are DEAM's curves of 2013 and 2014, each shifted to the level of its song rating. In
    both years, the file's "valence" set the level of arousal and the reverse (r .985 to 1.000). That is right for
    2013, where the file's columns are exchanged, and wrong for 2014, where they are not: there the arousal curve has
    the level of valence. The audio confirms it: total loudness of 100 songs of 2014 correlates .72 with the means of
    DEAM's arousal, .45 with those of the 2015 arousal, and .72 with those of the 2015 valence.
    """
    notes = []
    for year in YEARS:
        block = _songs_of_year(means, year)
        found = correlate_levels(_songs_of_year(deam, year), block)
        if found is not None and found.exchanged:
            notes.append(
                f"The labels of {len(block)} songs of {year} have the levels of arousal and valence exchanged; they "
                f"are used as published (means of DEAM's labels against these: {found})."
            )
    return notes
