"""Are arousal and valence where they should be? DEAM's ratings held against each other, year by year."""

from dataclasses import dataclass

import numpy as np

from moodcurve.datasets.deam.labels import Levels

YEARS = {2013: range(1, 1001), 2014: range(1001, 2001), 2015: range(2001, 1_000_000)}
"""Ids of each year's songs; each year was rated, and its files written, apart."""
MIN_SONGS = 20
"""Fewest songs from which an exchange of columns is judged: in random draws of 20 of DEAM's songs of 2013 and
of 2014 ``Agreement.exchanged`` was right 4,000 times of 4,000; in draws of 10 it was wrong 7 times, of 5 141
times."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How the song levels of one source follow those of another: Pearson's r between each two columns.

    Attributes
    ----------
    songs : int
        How many songs both have.
    aa, vv : float
        Arousal with arousal, valence with valence.
    av, va : float
        The first source's arousal with the second's valence, and the other way round.
    """

    songs: int
    aa: float
    vv: float
    av: float
    va: float

    @property
    def exchanged(self) -> bool:
        """Whether the two sources follow each other better crosswise than straight."""
        return self.av + self.va > self.aa + self.vv

    def __str__(self) -> str:
        return (
            f"r over {self.songs} songs: arousal-arousal {self.aa:.3f}, valence-valence {self.vv:.3f}, "
            f"arousal-valence {self.av:.3f}, valence-arousal {self.va:.3f}"
        )


def agreement(first: Levels, second: Levels) -> Agreement | None:
    """Compare the songs that two sources share.

    Arousal and valence of music go together (r about .6 over DEAM's songs), so no single correlation tells
    which column is which: the two straight ones are held against the two crossed ones.

    Returns
    -------
    Agreement or None
        None if fewer than ``MIN_SONGS`` songs are shared, or a column is constant.
    """
    shared = sorted(first.keys() & second.keys())
    if len(shared) < MIN_SONGS:
        return None
    columns = np.array([(*first[song_id], *second[song_id]) for song_id in shared])
    if np.any(np.ptp(columns, axis=0) == 0):
        return None
    r = np.corrcoef(columns, rowvar=False)
    return Agreement(songs=len(shared), aa=float(r[0, 2]), vv=float(r[1, 3]), av=float(r[0, 3]), va=float(r[1, 2]))


def of_year(levels: Levels, year: int) -> Levels:
    """Keep the songs of one of the ``YEARS``."""
    return {song_id: level for song_id, level in levels.items() if song_id in YEARS[year]}


def put_right(song_ratings: Levels, dynamic: Levels) -> tuple[Levels, list[str]]:
    """Exchange arousal and valence of the song-level ratings in the years whose file has them exchanged.

    In the published files that is 2013. It is judged from the data, against the means of the dynamic ratings,
    so that a corrected copy of DEAM is read as well. Years that cannot be judged are left out.

    Returns
    -------
    song_ratings : Levels
    notes : list of str
        A sentence a year that was exchanged or left out.
    """
    checked: Levels = {}
    notes = []
    for year in YEARS:
        block = of_year(song_ratings, year)
        found = agreement(of_year(dynamic, year), block)
        if found is None and block:
            notes.append(
                f"The {len(block)} song-level ratings of {year} are left out: which column is arousal "
                f"shows only against the dynamic ratings of at least {MIN_SONGS} songs."
            )
        elif found is not None and found.exchanged:
            block = {song_id: (valence, arousal) for song_id, (arousal, valence) in block.items()}
            notes.append(
                f"The {len(block)} song-level ratings of {year} had arousal and valence exchanged and were "
                f"put right: dynamic means against the columns as named, {found}."
            )
        if found is not None:
            checked |= block
    return checked, notes


def exchanged_levels(ratings: Levels, deam: Levels) -> list[str]:
    """Tell in which years the song means of other dynamic ratings follow DEAM's crosswise.

    The 2015 development labels are DEAM's contours of 2013 and 2014, each song's moved to the level of its
    song-level rating, and in both years the file's "valence" gave the level of arousal and the other way
    round (r .985 to 1.000). That is right for 2013, where the file's columns are exchanged, and wrong for
    2014, where they are not: there the arousal curve has the level of valence. Audio confirms it: total
    loudness of 100 songs of 2014 correlates .72 with the means of DEAM's arousal, .45 with those of the 2015
    arousal, and .72 with those of the 2015 valence.
    """
    notes = []
    for year in YEARS:
        block = of_year(ratings, year)
        found = agreement(of_year(deam, year), block)
        if found is not None and found.exchanged:
            notes.append(
                f"These labels of the {len(block)} songs of {year} have the songs' levels of arousal and "
                f"valence exchanged and are left as published: means of DEAM's labels against these, {found}."
            )
    return notes
