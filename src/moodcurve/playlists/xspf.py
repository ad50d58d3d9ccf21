"""Write a playlist as XSPF, https://xspf.org/spec, or as JSPF, the same in JSON, https://xspf.org/jspf.

Neither can express that a song is a part of its file.
"""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree  # nosec B405 # writes XML, and reads none

from moodcurve.playlists.tracks import Track, locate, plain_text, uri

NAMESPACE = "http://xspf.org/ns/0/"
CREATOR = "moodcurve"


def to_jspf(tracks: Sequence[Track], *, name: str, folder: str | None) -> str:
    """Return a playlist as JSPF; see `moodcurve.playlists.m3u.to_m3u8` for the parameters."""
    listed = [{"location": [location], **values} for location, values in _tracks(tracks, folder)]
    playlist = {"title": plain_text(name), "creator": CREATOR, "track": listed}
    return json.dumps({"playlist": playlist}, ensure_ascii=False, indent=1) + "\n"


def to_xspf(tracks: Sequence[Track], *, name: str, folder: str | None) -> str:
    """Return a playlist as XSPF, version 1; see `moodcurve.playlists.m3u.to_m3u8` for the parameters."""
    root = ElementTree.Element("playlist", version="1", xmlns=NAMESPACE)
    ElementTree.SubElement(root, "title").text = plain_text(name)
    ElementTree.SubElement(root, "creator").text = CREATOR
    listed = ElementTree.SubElement(root, "trackList")
    for location, values in _tracks(tracks, folder):
        track = ElementTree.SubElement(listed, "track")
        for key, value in {"location": location, **values}.items():
            ElementTree.SubElement(track, key).text = str(value)
    ElementTree.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _tracks(tracks: Sequence[Track], folder: str | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the location of each track, and its other elements, whose names XSPF and JSPF share."""
    listed = []
    for track in tracks:
        values: dict[str, Any] = {"title": plain_text(track.name)}
        values |= {
            key: plain_text(text)
            for key, text in (("creator", track.artist), ("album", track.album))
            if text is not None
        }
        if track.number is not None and track.number > 0:
            values["trackNum"] = track.number
        values["duration"] = round(1000 * track.duration_s)
        listed.append((uri(locate(track.path, folder)), values))
    return listed
