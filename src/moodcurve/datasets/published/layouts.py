"""Describe the layouts of published sets: how each is recognized, where its sound is, and what reads its labels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets.csv_tables import read_header
from moodcurve.datasets.published.categories import read_emopia, read_emotify, read_four_quadrants, read_vgmidi
from moodcurve.datasets.published.comparisons import read_musav
from moodcurve.datasets.published.labels import Files, PublishedLabels
from moodcurve.datasets.published.over_time import read_emomusic, read_merp, read_pmemo
from moodcurve.datasets.published.whole_clips import MUSIFEAST_TABLES, read_muse, read_musifeast

EMOMUSIC = "emoMusic"
"""Name of the set whose songs are DEAM's up to id 1000."""
AUDIO = "audio"
"""Folder of sound that a set does not publish: of a user's own files, or rendered from MIDI files."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The layout of a published set.

    Attributes
    ----------
    name : str
        Name of the set in results and model files.
    marks : tuple of str
        Files that show the layout, as patterns of `Path.glob`; one of them must exist.
    columns : tuple of str
        Columns, in lower case, that such a file must have: some names, such as ``data.csv``, are common.
    sound : tuple of str
        Folders of audio files, as patterns; all folders below them count.
    labels : str
        What the labels are, for messages and documentation.
    read : callable
        Reads the labels, given the folder and the audio files by key.
    in_folders : bool
        Whether the key of a file is ``<folder>/<name>`` instead of its name without the ending.
    midi : str
        Folder of the MIDI files to render, as a pattern; empty if the set has sound.
    """

    name: str
    marks: tuple[str, ...]
    sound: tuple[str, ...]
    labels: str
    read: Callable[[Path, Files], PublishedLabels]
    columns: tuple[str, ...] = ()
    in_folders: bool = False
    midi: str = ""

    def matches(self, folder: Path) -> bool:
        """Return True if a folder has this layout."""
        found = (path for mark in self.marks for path in folder.glob(mark) if path.is_file())
        return any(not self.columns or set(self.columns) <= set(read_header(path)) for path in found)


LAYOUTS = (
    Layout(
        name=EMOMUSIC,
        marks=("annotations/arousal_cont_average.csv",),
        sound=("clips_45sec*", AUDIO),
        labels="ratings over time and of clips",
        read=read_emomusic,
    ),
    Layout(
        name="PMEmo",
        marks=("annotations/dynamic_annotations.csv", "annotations/static_annotations.csv"),
        columns=("musicid",),
        sound=("chorus",),
        labels="ratings over time and of clips",
        read=read_pmemo,
    ),
    Layout(
        name="MERP",
        marks=("annotations_filtered.parquet", "annotations_raw.parquet"),
        sound=(AUDIO,),
        labels="ratings over time",
        read=read_merp,
    ),
    Layout(
        name="MUSIFEAST-17",
        marks=MUSIFEAST_TABLES,
        sound=("stimuli", "M17_music_stimuli"),
        labels="ratings of clips",
        read=read_musifeast,
    ),
    Layout(
        name="MuSe",
        marks=("muse*.csv",),
        columns=("arousal_tags", "valence_tags"),
        sound=(AUDIO,),
        labels="values of songs, from tags",
        read=read_muse,
    ),
    Layout(
        name="4Q",
        marks=("panda_dataset_taffc_annotations.csv",),
        sound=("Q1", "Q2", "Q3", "Q4", AUDIO),
        labels="quadrants",
        read=read_four_quadrants,
    ),
    Layout(
        name="EMOPIA",
        marks=("label.csv",),
        columns=("id", "4q"),
        sound=(AUDIO,),
        labels="quadrants",
        read=read_emopia,
        midi="midis",
    ),
    Layout(
        name="VGMIDI",
        marks=("vgmidi_labelled.csv",),
        sound=(AUDIO,),
        labels="quadrants",
        read=read_vgmidi,
        midi="labelled/phrases",
    ),
    Layout(
        name="Emotify",
        marks=("data.csv",),
        columns=("track id", "joyful_activation"),
        sound=("emotifymusic", "classical", "rock", "electronic", "pop"),
        labels="emotion words",
        read=read_emotify,
        in_folders=True,
    ),
    Layout(
        name="MusAV",
        marks=("data/annotations/annotations.arousal.all.agreement*", "annotations/annotations.arousal.all.agreement*"),
        sound=("audio_chunks", "data/audio_chunks", AUDIO),
        labels="comparisons",
        read=read_musav,
    ),
)


def find_layout(folder: Path) -> Layout | None:
    """Return the layout of a folder, or None if it is that of no published set."""
    return next((layout for layout in LAYOUTS if layout.matches(folder)), None)


def describe_layouts() -> str:
    """Return one phrase that lists the sets and the files that show them."""
    return "; ".join(f"{layout.name} (with {layout.marks[0]})" for layout in LAYOUTS)
