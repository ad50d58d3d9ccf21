"""Playlist files: paths, odd names, and what their readers expect."""

import json
import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest

from moodcurve.playlists.files import FORMATS, playlist_text
from moodcurve.playlists.tracks import Track, locate

ODD_NAMES = [
    "plain.mp3",
    "# not a comment.mp3",
    "50 % & <René> \"quoted\" 'single'#1?.flac",
    "a:colon.ogg",
    " spaces at both ends .wav",
    "two\nlines.mp3",
    "bell\x07.mp3",
    "日本語 🎵.m4a",
    "line\u2028separator.mp3",
    os.fsdecode(b"latin-\xe9.mp3"),
]


def track(path: str, **tags: object) -> Track:
    values = {"id": 1, "title": None, "artist": None, "album": None, "number": None, "duration_s": 61.5, **tags}
    return Track(path=path, **values)  # type: ignore[arg-type]


def odd_tracks(folder: Path) -> list[Track]:
    return [track(str(folder / "music" / name), title=f"{name}\n]]>&amp;", artist=name) for name in ODD_NAMES]


def opened(reference: str, folder: Path) -> str:
    """The path of a URI reference, resolved from a folder."""
    parts = urlsplit(reference)
    assert parts.scheme in ("", "file")
    assert not parts.query
    assert not parts.fragment
    return os.path.normpath(folder / os.fsdecode(unquote_to_bytes(parts.path)))


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("format", FORMATS)
def test_every_name_leads_to_its_file(format: str, relative: bool, tmp_path: Path) -> None:
    """Read back as players do, from a playlist in another folder."""
    folder = tmp_path / "lists"
    tracks = odd_tracks(tmp_path)
    text = playlist_text(tracks, format, name="Odd & <even>", folder=str(folder) if relative else None)
    text.encode("utf-8")
    if format == "m3u8":
        lines = [line for line in text.split("\n") if line and not line.startswith("#")]
        found = [
            opened(line, folder) if line.startswith("file:") else os.path.normpath(folder / line) for line in lines
        ]
    elif format == "jspf":
        listed = json.loads(text)["playlist"]["track"]
        found = [opened(item["location"][0], folder) for item in listed]
    else:
        found = [
            opened(str(item.text), folder)
            for item in ElementTree.fromstring(text).iter("{http://xspf.org/ns/0/}location")
        ]
    assert found == [one.path for one in tracks]


def test_m3u8_has_a_line_with_duration_and_title_before_each_path() -> None:
    tracks = [track("/m/a.mp3", title="Blue", artist="Ada"), track("/m/sub/no tags.mp3", duration_s=59.6)]
    assert playlist_text(tracks, "m3u8", name="My\nlist", folder="/m").split("\n") == [
        "#EXTM3U",
        "#PLAYLIST:My list",
        "#EXTINF:62,Ada - Blue",
        "a.mp3",
        "#EXTINF:60,no tags",
        "sub/no tags.mp3",
        "",
    ]


def test_m3u8_tells_where_parts_of_a_file_start_and_end() -> None:
    tracks = [track("/m/album.flac", title=title, start_s=at) for title, at in (("A", 0.0), ("B", 61.5))]
    assert playlist_text(tracks, "m3u8", name="L", folder="/m").split("\n")[2:-1] == [
        "#EXTINF:62,A",
        "#EXTVLCOPT:start-time=0.000",
        "#EXTVLCOPT:stop-time=61.500",
        "album.flac",
        "#EXTINF:62,B",
        "#EXTVLCOPT:start-time=61.500",
        "#EXTVLCOPT:stop-time=123.000",
        "album.flac",
    ]


def test_m3u8_lines_stay_lines(tmp_path: Path) -> None:
    text = playlist_text(odd_tracks(tmp_path), "m3u8", name="x", folder=str(tmp_path))
    assert len(text.splitlines()) == 2 + 2 * len(ODD_NAMES)  # splitlines knows every line break of Unicode
    assert [line[:8] for line in text.splitlines()[2::2]] == ["#EXTINF:"] * len(ODD_NAMES)
    assert not any(line.startswith("#") for line in text.splitlines()[3::2])


ELEMENTS = (
    "location", "identifier", "title", "creator", "annotation", "info", "image", "album", "trackNum", "duration",
    "link", "meta", "extension",
)  # fmt: skip
"""Elements of a track of XSPF 1, in the order of its specification, https://xspf.org/spec."""


def test_xspf_and_jspf_hold_the_elements_of_their_specification(tmp_path: Path) -> None:
    tracks = [track("/m/a.mp3", title="A", artist="Ada", album="Blue", number=3), track("/m/b.mp3", number=0)]
    root = ElementTree.fromstring(playlist_text(tracks, "xspf", name="L", folder="/m"))
    space = "{http://xspf.org/ns/0/}"
    assert (root.tag, root.attrib) == (f"{space}playlist", {"version": "1"})
    assert [child.tag.removeprefix(space) for child in root] == ["title", "creator", "trackList"]
    listed = [{item.tag.removeprefix(space): item.text for item in one} for one in root[2]]
    first = {
        "location": "./a.mp3",
        "title": "A",
        "creator": "Ada",
        "album": "Blue",
        "trackNum": "3",
        "duration": "61500",
    }
    assert listed == [first, {"location": "./b.mp3", "title": "b", "duration": "61500"}]
    for one in listed:
        assert [*one] == [name for name in ELEMENTS if name in one]
    jspf = json.loads(playlist_text(tracks, "jspf", name="L", folder="/m"))["playlist"]
    assert (jspf["title"], jspf["creator"]) == ("L", "moodcurve")
    assert jspf["track"][0] == {**first, "location": ["./a.mp3"], "trackNum": 3, "duration": 61500}


def test_paths_are_relative_to_the_folder_of_the_playlist() -> None:
    assert locate("/music/a/b.mp3", "/music/lists") == os.path.join("..", "a", "b.mp3")  # noqa: PTH118
    assert locate("/music/a/b.mp3", None) == "/music/a/b.mp3"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format must be one of m3u8, jspf, xspf, got 'pls'"):
        playlist_text([], "pls", name="x", folder=None)
