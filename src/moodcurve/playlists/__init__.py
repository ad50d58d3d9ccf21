"""Ordered lists of songs along a path over the plane of arousal and valence, and files of them."""

from moodcurve.playlists.build import PlaylistError
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.playlist import Playlist, alternatives, given_playlist, make_playlist
from moodcurve.playlists.request import Request, RequestError, RequestOptions
from moodcurve.playlists.tracks import Track

__all__ = [
    "Constraints", "Playlist", "PlaylistError", "Request", "RequestError", "RequestOptions", "Track", "alternatives",
    "given_playlist", "make_playlist",
]  # fmt: skip
