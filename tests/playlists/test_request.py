"""Requests for a playlist as text."""

import pytest

from moodcurve.playlists import Constraints, Request, RequestError, RequestOptions


def test_words_points_and_rules_are_parsed() -> None:
    options = RequestOptions(
        minutes=40, from_=" Tense", to="-0.2,.3", region="0,0 0,.5; .5,.5", artist_gap=1, tempo_step=4.5, seed=7
    )
    assert options.parse() == Request(
        length_s=2400,
        waypoints=("tense", (-0.2, 0.3)),
        region=((0, 0), (0, 0.5), (0.5, 0.5)),
        constraints=Constraints(artist_gap=1, tempo_step=4.5),
        seed=7,
    )
    path = RequestOptions(minutes=1, path="0.4,-0.3 0,0 -0.3,0.4").parse()
    assert path.waypoints == ((0.4, -0.3), (0, 0), (-0.3, 0.4))


@pytest.mark.parametrize(
    ("options", "name"),
    [({"from_": "tense", "to": "serene"}, "tense to serene"), ({"to": "calm"}, "calm"), ({}, "Playlist"),
     ({"from_": "tense", "to": "0,0"}, "Playlist along a path"), ({"first": 4}, "Playlist")],
)  # fmt: skip
def test_a_playlist_is_named_after_its_moods(options: dict[str, object], name: str) -> None:
    assert RequestOptions(minutes=1, **options).parse().name == name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "name", "message"),
    [
        ({"from_": "tnse"}, "from", "'tnse' is not AROUSAL,VALENCE in [-1, 1], such as 0.4,-0.3, nor one of happy, "),
        ({"to": "0.5,1.5"}, "to", "'0.5,1.5' is not AROUSAL,VALENCE"),
        ({"to": "nan,0"}, "to", "'nan,0' is not AROUSAL,VALENCE"),
        ({"path": "0,0"}, "path", "'0,0' is not 2 to 1000 points AROUSAL,VALENCE"),
        ({"path": "0,0 x,1"}, "path", "'0,0 x,1' is not 2 to 1000 points"),
        ({"path": "0,0 1,1", "to": "calm"}, "path", "a path has its own start and end"),
        ({"region": "0,0 1,1"}, "region", "'0,0 1,1' is not 3 to 1000 points"),
        ({"first": 1, "from_": "calm"}, "first", "a list begins with this song, or with from"),
        ({"minutes": 0}, "minutes", "0 is not above 0 and at most 1440"),
        ({"minutes": 1441}, "minutes", "1441 is not above 0"),
    ],
)
def test_malformed_requests_say_what_is_accepted(options: dict[str, object], name: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        RequestOptions(**{"minutes": 40, **options}).parse()  # type: ignore[arg-type]
    assert error.value.name == name
    assert str(error.value).startswith(message)
