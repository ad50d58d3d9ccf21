"""Queries of a library, compared with filters in plain Python."""

import json
import math
import random
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from moodcurve.library import FileRemoved, Library, LibraryError, ProblemFound, open_library
from moodcurve.library.queries.find_song import find_song, song_label
from moodcurve.library.queries.parse import QueryError, QueryOptions
from moodcurve.library.queries.search import COLUMNS, FoundSong, Query, count, search, song_json
from moodcurve.library.queries.sql_guard import ConditionError
from moodcurve.library.text import fold
from tests.helpers.library_fixtures import file, made_library, song

SONGS = 120


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return what each song should be found by, in the order of ids, with the library's path."""
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    found = []
    for number, (curve, seen) in enumerate(made_library(path, SONGS), start=1):
        whole = curve.to_dict()["song"]
        tags = {"strengths": None if curve.tags is None else curve.to_dict()["tags"]}
        found.append(
            vars(seen.tags)
            | whole
            | tags
            | {"id": number, "path": seen.path, "duration_s": curve.duration_s, "at": path}
        )
    return found


@pytest.fixture
def library(rows: list[dict[str, Any]]) -> Any:
    with open_library(rows[0]["at"]) as opened:
        yield opened


def ids(library: Library, query: Query) -> list[int]:
    return [found.id for found in search(library, query)]


def check(
    library: Library, rows: list[dict[str, Any]], query: Query, good: Callable[[dict[str, Any]], object]
) -> list[int]:
    """Compare a query with a filter in Python; return the ids found."""
    expected = [row["id"] for row in rows if good(row)]
    assert sorted(ids(library, query)) == expected
    assert count(library, query) == len(expected)
    return expected


def plain(text: str | None) -> str:
    """Return text without case and the accents used here."""
    return (text or "").lower().translate(str.maketrans("öíářü", "oiaru"))


def strength(row: dict[str, Any], tag: str) -> float:
    """Return a tag's strength; that of a song without tags is below all others."""
    return -1 if row["strengths"] is None else float(row["strengths"][tag])


# --- filters ---


def test_all_songs(library: Library, rows: list[dict[str, Any]]) -> None:
    assert len(check(library, rows, Query(), lambda row: True)) == SONGS


@pytest.mark.parametrize(
    ("query", "good"),
    [
        (Query(artist="bjork"), lambda row: plain(row["artist"]) == "bjork"),
        (Query(artist="BJÖR"), lambda row: "bjor" in plain(row["artist"])),
        (Query(artist="dvorak"), lambda row: "dvorak" in plain(row["artist"])),
        (Query(title="ÜBER"), lambda row: "uber" in plain(row["title"])),
        (Query(genre="jazz", album="Album 2"), lambda row: "jazz" in plain(row["genre"]) and row["album"] == "Album 2"),
        (Query(text=("jazz", "song 3")), lambda row: "jazz" in plain(row["genre"]) and "song 3" in plain(row["title"])),
        (Query(text=("/2/",)), lambda row: "/2/" in row["path"]),
        (Query(text=("017",)), lambda row: "017" in row["path"]),
        # % and _ have no special meaning, and quotes are harmless
        (Query(text=("%",)), lambda row: False),
        (Query(title="_"), lambda row: False),
        (Query(artist="' OR 1 --"), lambda row: False),
        (Query(year=(1990, 1999)), lambda row: row["year"] and 1990 <= row["year"] <= 1999),
        (Query(year=(None, 1970)), lambda row: row["year"] and row["year"] <= 1970),
        (Query(duration_s=(100, 200)), lambda row: 100 <= row["duration_s"] <= 200),
        (Query(duration_s=(None, 30)), lambda row: row["duration_s"] <= 30),
        (Query(quadrants=("calm-positive", "neutral")), lambda row: row["quadrant"] in ("calm-positive", "neutral")),
        (Query(words=(("calm", "neutral"),)), lambda row: {"calm", "neutral"} & set(row["words"])),
        (
            Query(words=(("calm", "serene"), ("relaxed", "pleased"))),
            lambda row: {"calm", "serene"} & set(row["words"]) and {"relaxed", "pleased"} & set(row["words"]),
        ),
        # a word that is part of another
        (Query(words=(("tired",),)), lambda row: "tired" in row["words"]),
        (Query(tags=((("rock", 0.1),),)), lambda row: strength(row, "rock") >= 0.1),
        (
            Query(tags=((("rock", 0.5), ("acoustic", 0.65)),)),
            lambda row: strength(row, "rock") >= 0.5 or strength(row, "acoustic") >= 0.65,
        ),
        (
            Query(tags=((("rock", 0.3),), (("acoustic", 0.3), ("happy", 0.99)))),
            lambda row: strength(row, "rock") >= 0.3 and strength(row, "acoustic") >= 0.3,
        ),
        # the first and the last tag, weak ones, and a strength that is not exact in binary
        (Query(tags=((("happy", 0.05),),)), lambda row: strength(row, "happy") >= 0.05),
        (Query(tags=((("pop", 0.0),),)), lambda row: strength(row, "pop") >= 0),
        (Query(tags=((("rock", 0.35),),)), lambda row: strength(row, "rock") >= 0.35),
        (Query(tags=((("rock", 1.0),),)), lambda row: False),
        (Query(where="tags LIKE '%acoustic%'"), lambda row: strength(row, "acoustic") >= 0.1),
        (Query(where="tags IS NULL"), lambda row: row["strengths"] is None),
        (Query(arousal=(0.1, None)), lambda row: row["arousal"] >= 0.1),
        (Query(arousal=(-0.2, 0.2), valence=(None, 0)), lambda row: abs(row["arousal"]) <= 0.2 and row["valence"] <= 0),
        (
            Query(near=(0.1, -0.2), radius=0.3),
            lambda row: math.dist((0.1, -0.2), (row["arousal"], row["valence"])) <= 0.3,
        ),
        (Query(near=(0.1, -0.2), radius=0), lambda row: False),
        (
            Query(where="year < 1970 AND arousal > valence"),
            lambda row: row["year"] and row["year"] < 1970 and row["arousal"] > row["valence"],
        ),
        (Query(where="1 OR 0", artist="bjork"), lambda row: plain(row["artist"]) == "bjork"),
        (Query(where="artist IS NULL -- nobody"), lambda row: row["artist"] is None),
        (Query(where="p_calm_positive IS NULL"), lambda row: "probabilities" not in row),
        (
            Query(where="rated_arousal < 0 and mood <> 'calm'"),
            lambda row: (
                "rating" in row and row["rating"]["arousal"] < 0 and max(row["moods"], key=row["moods"].get) != "calm"
            ),
        ),
    ],
    ids=lambda value: (
        str([f"{f.name}={getattr(value, f.name)}" for f in fields(value) if getattr(value, f.name) != f.default])
        if isinstance(value, Query)
        else ""
    ),
)
def test_queries_find_what_a_plain_filter_finds(
    library: Library, rows: list[dict[str, Any]], query: Query, good: Callable[[dict[str, Any]], object]
) -> None:
    check(library, rows, query, good)


def test_the_queries_above_match_some_songs_and_not_all(library: Library) -> None:
    for query in (
        Query(artist="bjork"),
        Query(words=(("calm", "neutral"),)),
        Query(words=(("calm", "serene"), ("relaxed", "pleased"))),
        Query(near=(0.1, -0.2), radius=0.3),
        Query(words=(("tired",),)),
        Query(tags=((("rock", 0.1),),)),
        Query(tags=((("rock", 0.3),), (("acoustic", 0.3), ("happy", 0.99)))),
        Query(tags=((("happy", 0.05),),)),
    ):
        assert 0 < count(library, query) < SONGS


def test_ranges_include_their_ends(library: Library, rows: list[dict[str, Any]]) -> None:
    value = rows[7]["arousal"]
    assert 8 in ids(library, Query(arousal=(value, value)))


def test_a_thousand_random_regions(library: Library, rows: list[dict[str, Any]]) -> None:
    rng = random.Random(4)
    for _ in range(1000):
        (a0, a1), (v0, v1) = (sorted(rng.uniform(-0.8, 0.8) for _ in range(2)) for _ in range(2))
        expected = {row["id"] for row in rows if a0 <= row["arousal"] <= a1 and v0 <= row["valence"] <= v1}
        assert set(ids(library, Query(arousal=(a0, a1), valence=(v0, v1)))) == expected


# --- order ---


def test_limit_and_offset_can_be_any_integer(library: Library) -> None:
    assert len(ids(library, Query(limit=2**70))) == SONGS
    assert ids(library, Query(offset=2**70)) == []


def test_near_sorts_by_distance(library: Library, rows: list[dict[str, Any]]) -> None:
    found = list(search(library, Query(near=(-0.3, 0.4), limit=9)))
    distances = {row["id"]: math.dist((-0.3, 0.4), (row["arousal"], row["valence"])) for row in rows}
    assert [song.id for song in found] == sorted(distances, key=distances.__getitem__)[:9]
    for song_ in found:
        assert song_.distance == pytest.approx(distances[song_.id], abs=1e-12)


@pytest.mark.parametrize(
    ("keys", "columns"),
    [(("arousal",), ("arousal",)), (("-valence",), ("valence",)), (("year", "-duration"), ("year", "duration_s"))],
)
def test_sort_puts_missing_values_last(
    library: Library, rows: list[dict[str, Any]], keys: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    def key(row: dict[str, Any]) -> list[Any]:
        terms = []
        for key, column in zip(keys, columns, strict=True):
            value = row[column]
            terms.append((value is None, 0 if value is None else -value if key.startswith("-") else value))
        return [*terms, row["id"]]

    assert ids(library, Query(sort=keys)) == [row["id"] for row in sorted(rows, key=key)]


def test_the_default_order_is_artist_album_track_title(library: Library, rows: list[dict[str, Any]]) -> None:
    def key(row: dict[str, Any]) -> list[Any]:
        texts = [(row[name] is None, plain(row[name])) for name in ("artist", "album")]
        return [*texts, row["track"], (row["title"] is None, plain(row["title"])), row["path"]]

    assert ids(library, Query()) == [row["id"] for row in sorted(rows, key=key)]
    assert ids(library, Query(limit=7)) == [row["id"] for row in sorted(rows, key=key)][:7]
    assert ids(library, Query(limit=0)) == []


# --- rows ---


def test_a_row_has_the_columns_of_the_view(library: Library) -> None:
    named = {row[1] for row in library.db.execute("PRAGMA table_info(songs)")}
    # in other forms, for comparison
    assert {name for name in named if not name.startswith("folded_")} - {"tag_strengths"} == set(COLUMNS)
    assert (*COLUMNS, "distance") == FoundSong._fields


def test_song_json_equals_the_json_of_the_curve(library: Library, rows: list[dict[str, Any]]) -> None:
    for found in search(library, Query(near=(0, 0))):
        row, data = rows[found.id - 1], song_json(found)
        json.dumps(data, allow_nan=False)
        for name in ("arousal", "valence", "arousal_9", "valence_9", "quadrant", "words", "path", "title", "year"):
            assert data[name] == row[name]
        for name in ("probabilities", "rating", "arousal_low"):
            expected = row.get(name)
            if name == "rating" and expected is not None:
                expected = {key: value for key, value in expected.items() if "9" not in key}
            assert data[name] == expected
        strengths = row["strengths"]
        named = None if strengths is None else {tag: round(s, 2) for tag, s in strengths.items() if s >= 0.1}
        assert data["tags"] == named
        assert named is None or list(data["tags"]) == list(named)
        assert data["warnings"] == []
        assert data["format"] == "moodcurve-song/1"
        assert next(iter(data)) == "format"
        assert data["distance"] == found.distance


def test_files_without_a_song_are_not_found_and_copies_count_once(tmp_path: Path) -> None:
    with open_library(tmp_path / "x.sqlite", write=True) as library:
        library.write([song("a"), song("b"), song("orphan"), file("/1", "a"), file("/2", "a"), file("/3", "b")])
        library.write([ProblemFound("/4", 1, 2, None, "no"), FileRemoved("/3")])
        assert [(found.path, found.copies) for found in search(library, Query())] == [("/1", 2)]


def test_a_search_can_be_read_between_other_queries(library: Library) -> None:
    seen = 0
    for found in search(library, Query(where="id > 0")):
        stored = library.song(found.id)  # reads tables that a condition cannot
        assert stored is not None
        seen += 1
    assert seen == SONGS


# --- conditions ---


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("arousl > 0", "no such column: arousl"),
        ("arousal >", "syntax error"),
        ("", "syntax error"),
        ("artist = 'x", "unrecognized token"),
        ("nonsense(1)", "no such function: nonsense"),
        ("1; DROP TABLE song", "syntax error"),
        ("1) --", "syntax error|incomplete input"),
        ("path = :x", "binding parameter"),
        ("path = ?", "has no name"),
        ("abs(-9223372036854775808) > 0", "integer overflow"),
        ("length(replace(printf('%.9999d', 1), '0', printf('%.9999d', 1))) > 1", "too long"),
        ("load_extension('x')", "not authorized"),
        ("zeroblob(10)", "not authorized"),
        ("(SELECT count(path) FROM file) > 0", "it can only read the columns of songs"),
        ("(SELECT sql FROM sqlite_master LIMIT 1) <> ''", "it can only read the columns of songs"),
        ("1) UNION SELECT packed FROM curve --", "it can only read|syntax error"),
        (
            "EXISTS (WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT * FROM r)",
            "it can only read",
        ),
    ],
)
def test_conditions_that_are_refused(library: Library, condition: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message) as caught:
        ids(library, Query(where=condition))
    assert condition[:20] in str(caught.value)
    assert "\n" not in str(caught.value)
    # the restriction has ended
    assert len(ids(library, Query())) == SONGS
    assert library.song(1) is not None


@pytest.mark.parametrize("condition", ["1" + "+1" * 20_000, "x" * 20_000])
def test_errors_show_the_start_of_a_long_condition(library: Library, condition: str) -> None:
    with pytest.raises(ConditionError) as caught:
        ids(library, Query(where=condition))
    assert condition[:100] in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "condition", ["1) OR (1", "1 /*", "1) UNION SELECT * FROM songs WHERE (1", "arousal > 0 -- )", "1 LIMIT 1"]
)
def test_conditions_that_break_out_of_the_parentheses_only_read_songs(tmp_path: Path, condition: str) -> None:
    path = tmp_path / "x.sqlite"
    made_library(path, 5)
    before = path.read_bytes()
    with open_library(path, write=True) as library:  # even if it is open to write
        try:
            found = list(search(library, Query(where=condition)))
        except ConditionError:
            found = []
        assert {song.id for song in found} <= {1, 2, 3, 4, 5}
    assert path.read_bytes() == before


def test_a_condition_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    made_library(path, 3)
    with open_library(path, write=True) as library:
        for statement in (
            "1); DELETE FROM song; --",
            "1) RETURNING (1",
            "1); PRAGMA user_version = 9; --",
            "1); ATTACH 'y' AS y; --",
        ):
            with pytest.raises(ConditionError):
                list(search(library, Query(where=statement)))
        assert len(library.song_models()) == 3


def test_damage_is_not_reported_as_a_wrong_condition(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    made_library(path, 60)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(LibraryError, match="damaged"), open_library(path) as library:
        ids(library, Query(where="year > 1"))


# --- invalid queries ---


@pytest.mark.parametrize(
    ("fields_", "message"),
    [
        ({"quadrants": ("happy",)}, "quadrants must be among excited-positive, .*, neutral, got 'happy'"),
        ({"words": (("calm", "tender"),)}, "words must be among happy, .*, got 'tender'"),
        ({"words": ("calm",)}, "words must be tuples of mood words, at least one in each, got 'calm'"),
        ({"words": ((),)}, r"words must be tuples of mood words, at least one in each, got \(\)"),
        ({"tags": ((),)}, "tags must be tuples of tags with strengths, at least one in each"),
        ({"tags": ((("loud", 0.2),),)}, "tags must be among rock, .*, happy, got 'loud'"),
        ({"tags": ((("rock", 1.2),),)}, r"tags must have strengths in \[0, 1\], got 1\.2 for rock"),
        ({"tags": ((("rock", math.nan),),)}, r"tags must have strengths in \[0, 1\], got nan for rock"),
        ({"arousal": (0.5, 0.1)}, "arousal must have a lowest value that is not above the highest, got 0.5 and 0.1"),
        ({"year": (math.nan, 1)}, "year must have a lowest value"),
        ({"near": (math.inf, 0.0)}, "near must be two finite numbers"),
        ({"radius": 1.0}, "radius must be 0 or more, with near given, got 1.0 and near None"),
        ({"near": (0.0, 0.0), "radius": -1.0}, "radius must be 0 or more"),
        ({"sort": ("loud",)}, "sort must be among id, .*, got 'loud'"),
        ({"sort": ("near",)}, "sort by near requires near"),
        ({"limit": -1}, "limit must be 0 or more, got -1"),
    ],
)
def test_invalid_queries(fields_: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Query(**fields_)


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (None, ()),
        ((), ()),
        ("calm, Serene,calm", (("calm", "serene"),)),
        (["calm,serene", "at ease"], (("calm", "serene"), ("at ease",))),
    ],
)
def test_words_are_groups_of_alternatives(words: list[str] | str | None, groups: tuple[tuple[str, ...], ...]) -> None:
    assert QueryOptions(words=words).parse().words == groups


@pytest.mark.parametrize(
    ("tag", "groups"),
    [
        (None, ()),
        ("acoustic", ((("acoustic", 0.1),),)),
        ("Acoustic, hip-hop:0.4,mellow:.25", ((("acoustic", 0.1), ("Hip-Hop", 0.4), ("Mellow", 0.25)),)),
        (["acoustic:0", "female vocalists:1,"], ((("acoustic", 0.0),), (("female vocalists", 1.0),))),
    ],
)
def test_tags_are_groups_of_alternatives_with_strengths(
    tag: list[str] | str | None, groups: tuple[tuple[tuple[str, float], ...], ...]
) -> None:
    assert QueryOptions(tag=tag).parse().tags == groups


@pytest.mark.parametrize("tag", ["acoustic:", "acoustic:high", "acoustic:1.5", "acoustic:-1", "rock,:0.4", "rock:nan"])
def test_strengths_of_tags_are_numbers_from_0_to_1(tag: str) -> None:
    with pytest.raises(QueryError, match=r"is not TAG or TAG:STRENGTH with a strength from 0 to 1, as acoustic:0\.4"):
        QueryOptions(tag=tag).parse()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tag": ["rock", "loud:0.3"]}, "'loud' is not a tag of the tag network; choose from rock, pop, .*, happy$"),
        ({"tag": ":0.3"}, "':0.3' is not a tag|'' is not a tag"),
        ({"words": ["calm", "joyous"]}, "'joyous' is not a mood word; choose from happy, delighted, .*, neutral$"),
        ({"words": ["calm", " "]}, "' ' is not a mood word; choose from happy"),
        ({"quadrant": "left"}, "'left' is not a quadrant; choose from excited-positive, .*, neutral$"),
    ],
)
def test_unknown_names_list_the_known_ones(options: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        QueryOptions(**options).parse()
    assert caught.value.name in options


def test_fold_removes_case_accents_and_compatibility_forms() -> None:
    assert fold("Ångström ÉCOLE") == fold("a\u030angstro\u0308m e\u0301cole") == "angstrom ecole"
    assert fold("ＡＢＣ ﬁ") == "abc fi"
    assert fold("Мария") == "мария"


# --- one song ---


def test_a_song_is_found_by_path_id_title_or_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = [
        (song("a"), file(str(tmp_path / "a.mp3"), "a", title="Clair de lune", artist="Debussy")),
        (song("b"), file("/m/b.mp3", "b", title="Clair de lune II", artist="Somebody")),
        (song("c"), file("/m/Moon River.mp3", "c")),
        (song("d"), file("/m/d.mp3", "d", title="1", artist="Debussy")),
    ]
    with open_library(tmp_path / "x.sqlite", write=True) as library:
        library.write(change for pair in changes for change in pair)
        library.write([ProblemFound("/m/bad.mp3", 1, 2, None, "/m/bad.mp3: no audio")])
        for name, number in (
            ("a.mp3", 1), (str(tmp_path / "a.mp3"), 1), ("./a.mp3", 1), ("2", 2), ("1", 1), ("clair de LUNE", 1),
            ("lune ii", 2), ("moon", 3), ("debussy clair", 1), ("somebody", 2),
        ):  # fmt: skip
            assert find_song(library, name).id == number
        with pytest.raises(
            LibraryError, match="clair: 2 songs match; give the id of one: 1: Debussy – Clair de lune; 2: Som"
        ):
            find_song(library, "clair")
        with pytest.raises(LibraryError, match=r"nothing: no matching song in .*x.sqlite; give a path"):
            find_song(library, "nothing")
        with pytest.raises(LibraryError, match=r"9{20}: no matching song"):
            find_song(library, "9" * 20)
        with pytest.raises(LibraryError, match=r"could not be used when it was scanned: /m/bad\.mp3: no audio"):
            find_song(library, "/m/bad.mp3")


def test_a_song_is_labeled_by_tags_or_file_name(library: Library) -> None:
    for found in search(library, Query(limit=30)):
        name = found.title or Path(found.path).name
        assert song_label(found) == (f"{found.artist} – {name}" if found.artist else name)
