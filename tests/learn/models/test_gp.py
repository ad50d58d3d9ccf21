"""The Gaussian-process model and its blend: their parts, files, levels, silence, quadrants, and songs of any length."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Dataset, Song
from moodcurve.features import COMPARE236, Features, FeatureSet, feature_set
from moodcurve.features.tags.names import TAGS1
from moodcurve.learn import TrainingError
from moodcurve.learn.export import export
from moodcurve.learn.models.gp import GPConfig, fit_gp
from moodcurve.learn.models.gp_blend import GPBlendConfig, fit_gp_blend
from moodcurve.learn.models.gp_level import GPLevelConfig
from moodcurve.learn.models.state_space import fit_state_space
from moodcurve.learn.models.two_level import WINDOW_ROWS, exponential_average
from moodcurve.learn.training import train
from moodcurve.runtime import Model, load_model
from tests.helpers.training_songs import level_exponents, made_sounding_dataset, with_quadrants_only

JOINED = feature_set("compare236+tonal1+tags1")
OWN = FeatureSet("compare236+own", "1", (*COMPARE236.names, "own[0]", "own[1]"))
SETS = {"compare236": COMPARE236, "joined": JOINED, "own": OWN}
FAMILIES = {"gp": (fit_gp, GPConfig), "gp-blend": (fit_gp_blend, GPBlendConfig)}


def songs_of(columns: FeatureSet) -> Dataset:
    """24 rated songs and 12 that have a quadrant only."""
    rated = made_sounding_dataset(24, frames=30, feature_set=columns)
    further = with_quadrants_only(made_sounding_dataset(12, frames=30, seed=1, feature_set=columns))
    renamed = (replace(song, song_id=f"q{song.song_id}", artist=f"q {song.artist}") for song in further.songs)
    return replace(rated, songs=(*rated.songs, *renamed))


def long_rows(columns: FeatureSet) -> np.ndarray:
    return np.vstack([song.x for song in made_sounding_dataset(10, seed=4, frames=40, feature_set=columns).songs])


SONGS = {name: songs_of(columns) for name, columns in SETS.items()}
LONG = {name: long_rows(columns) for name, columns in SETS.items()}
RATED = [song for song in SONGS["compare236"].songs if song.is_rated]
ROWS = LONG["compare236"]
LEVELS = level_exponents(COMPARE236)
DELTAS = [i for i, name in enumerate(COMPARE236.names) if "mfcc" in name and name.endswith("_stddev")]
SHORT = {
    "gp": GPConfig(context_s=8.0, lag_s=0.5),
    "gp-blend": GPBlendConfig(gp=GPConfig(context_s=8.0, lag_s=0.5), share_arousal=0.0, share_valence=0.0),
}


@pytest.fixture(scope="module", params=[(family, name) for family in FAMILIES for name in SETS], ids="-".join)
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """A trained model, its file, and the rows of a long recording."""
    family, name = request.param
    trained = train(SONGS[name], family)
    path = tmp_path_factory.mktemp("models") / "m.onnx"
    export(trained, path, name="m")
    return trained.model, load_model(path), LONG[name]


def predict(model: Model, rows: np.ndarray) -> np.ndarray:
    return model.predict(Features(rows, np.arange(len(rows)) * 0.5, model.feature_set))


def test_file_and_trained_model_agree(files: tuple) -> None:
    trained, model, rows = files
    for some in (rows, rows[:1], rows[:7], with_silence(rows, 50), with_silence(rows[:1], 3)[1:]):
        # predictions of the file are in single precision
        np.testing.assert_allclose(predict(model, some), np.clip(trained.predict(some), -1, 1), atol=1e-5)


def test_windows_of_a_long_recording_give_nearly_the_same_predictions(files: tuple) -> None:
    trained, model, rows = files
    many = np.vstack([rows] * 10)
    assert len(many) > WINDOW_ROWS
    # the gated level and the silent rows are those of each window, and these songs differ little in level
    np.testing.assert_allclose(predict(model, many), np.clip(trained.predict(many), -1, 1), atol=0.02)


def with_silence(rows: np.ndarray, count: int) -> np.ndarray:
    """Append rows of digital silence to rows, whose first columns are those of compare236."""
    silent = rows[:1].repeat(count, axis=0)
    silent[:, : len(LEVELS)][:, LEVELS > 0] = 0
    return np.vstack([rows, silent])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("gain", [0.1, 2.0])
def test_level_of_the_recording_does_not_matter(family: str, gain: float) -> None:
    fit, config = FAMILIES[family]
    model = fit(SONGS["compare236"].songs, config())
    quiet = (ROWS * gain**LEVELS).astype(np.float32)
    assert np.abs(quiet - ROWS).max() > 0
    # the features are in single precision
    np.testing.assert_allclose(model.predict(quiet), model.predict(ROWS), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_silence_after_a_song_does_not_change_its_rows(family: str) -> None:
    """Neither the context nor the filter, which looks back only, hears 20 s of silence."""
    fit, config = FAMILIES[family]
    model = fit(SONGS["compare236"].songs, config())
    found = model.predict(with_silence(ROWS, 40))
    np.testing.assert_allclose(found[: len(ROWS)], model.predict(ROWS), atol=1e-6)
    assert np.isfinite(found).all()


def test_silent_rows_have_the_level_of_the_passage_before_them() -> None:
    model = fit_gp(SONGS["compare236"].songs, GPConfig(context_s=8.0, lag_s=0.0))
    found = model.predict(with_silence(ROWS, 10))
    z, sounding = model.rows.apply(with_silence(ROWS, 10))
    context = model.similar.apply(z, sounding)
    assert model.similar.radius == 16
    passages = np.clip(model.scaling.apply(context[:, list(model.rows.described)]), -5, 5)
    level = np.hstack([one.apply(passages) for one in model.levels])
    # without a lag, their trajectory is 0
    np.testing.assert_allclose(found[-10:], level[-10:], atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_silence_alone_is_finite(family: str) -> None:
    fit, config = FAMILIES[family]
    model = fit(SONGS["compare236"].songs, config())
    assert np.isfinite(model.predict(with_silence(ROWS[:1], 20)[1:])).all()


def test_prediction_depends_on_the_context_only() -> None:
    model = fit_gp(RATED, SHORT["gp"])
    rows = ROWS.copy()
    rows[:, LEVELS > 0] = rows[:1, LEVELS > 0]  # the gated level is that of the whole recording
    whole, part = model.predict(rows), model.predict(rows[100:300])
    assert model.similar.reach == 24  # 16 rows, compared by averages that reach 8 further
    # and the average has decayed to e^-48
    np.testing.assert_allclose(whole[200:276], part[100:176], atol=1e-9)


def test_level_is_that_of_the_middle_of_each_song() -> None:
    """The parts of the model by their formulas: statistics of 61 rows around the middle are those of all 30 rows."""
    model = fit_gp(RATED, GPConfig(stretch_arousal=1.5, stretch_valence=0.5, similarity_width=1e6))
    z = [model.rows.apply(song.x)[0] for song in RATED]
    described = np.array([np.hstack([v.mean(axis=0), v.std(axis=0)]) for v in z])
    np.testing.assert_allclose(model.scaling.offset, described.mean(axis=0), atol=1e-9)
    x = np.clip((described - described.mean(axis=0)) / described.std(axis=0), -5, 5)
    levels = np.hstack([one.apply(x) for one in model.levels])
    center = levels.mean(axis=0)
    np.testing.assert_allclose(model.center, center, atol=1e-6)
    decay = np.exp(-0.5 / 4.0)
    for i in (0, 5):
        trajectory = (exponential_average(z[i], decay) - z[i].mean(axis=0)) @ model.trajectory
        expected = center + (levels[i] - center) * [1.5, 0.5] + trajectory
        np.testing.assert_allclose(model.predict(RATED[i].x), expected, atol=1e-6)


def altered(song: Song) -> Song:
    """Add versions: the rows as they are, and those of sound that moves some columns."""
    return replace(song, versions=(song.features, replace(song.features, values=moved(song.x))))


def moved(x: np.ndarray) -> np.ndarray:
    changed = x.copy()
    changed[:, DELTAS] *= 2
    return changed


@pytest.mark.parametrize("family", FAMILIES)
def test_altered_sound_hardly_moves_a_song_once_versions_are_known(family: str) -> None:
    fit, config = FAMILIES[family]
    shifts = []
    for songs in (RATED, [*map(altered, RATED[:12]), *RATED[12:]]):
        model = fit(songs, config())
        found = [model.predict(moved(song.x)) - model.predict(song.x) for song in RATED[12:]]
        shifts.append(np.abs([one.mean(axis=0) for one in found]).mean())
    assert shifts[0] > 0.01
    assert shifts[1] < 0.5 * shifts[0]


def test_sections_of_a_recording_are_told_apart() -> None:
    """Two songs one after the other, of arousal far apart, have nearly the levels that each has alone."""
    order = sorted(RATED, key=lambda song: float(song.y[:, 0].mean()))
    low, high = order[1].x, order[-2].x
    both = np.vstack([low, high])
    both[:, LEVELS > 0] = low[:1, LEVELS > 0]  # the gated level is that of the whole recording
    found = []
    for width in (2.0, 1e6):
        model = fit_gp(RATED, GPConfig(similarity_width=width, lag_s=0.0, ridge=1e6))
        together = model.predict(both)[:, 0]
        found.append(together[len(low) :].mean() - together[: len(low)].mean())
        alone = model.predict(both[len(low) :])[:, 0].mean() - model.predict(both[: len(low)])[:, 0].mean()
    assert alone > 0.2
    assert abs(found[1]) < 0.01
    assert found[0] > 0.7 * alone


def test_blocks_have_equal_weight_whatever_their_size() -> None:
    model = fit_gp(SONGS["joined"].songs, GPConfig(level=GPLevelConfig(variance=1.0)))
    rows = model.rows
    layers = [name for name in TAGS1 if name.startswith("tag_layer[")]
    tonal = len(JOINED.names) - 236 - len(TAGS1)
    # the fifty tags follow from the layers, and are left out
    assert rows.blocks == tuple(size for size in (236, len(layers), tonal) if size)
    assert len(rows.columns) == sum(rows.blocks)
    assert rows.passage_blocks == (472, *rows.blocks[1:])
    for level in model.levels:
        squares = (level.projection.rotation**2).sum(axis=1)
        start = 0
        for size in rows.passage_blocks:
            # passages may span fewer components than columns, so that a block can only lose
            assert squares[start : start + size].sum() <= 1 / len(rows.blocks) + 1e-6
            start += size


def test_columns_of_the_user_count() -> None:
    model = fit_gp(SONGS["own"].songs, GPConfig())
    assert model.rows.blocks == (236, 2)
    changed = LONG["own"].copy()
    changed[:, -2:] += 3 * changed[:, -2:].std(axis=0)
    assert np.abs(model.predict(changed) - model.predict(LONG["own"])).max() > 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_quadrants_help_where_few_songs_are_rated(family: str) -> None:
    fit, config = FAMILIES[family]
    quadrants = with_quadrants_only(made_sounding_dataset(60, frames=30, seed=2)).songs
    test = made_sounding_dataset(60, frames=30, seed=6).songs
    y = np.array([song.y.mean(axis=0)[0] for song in test])
    r = []
    for songs in (RATED[:10], [*RATED[:10], *quadrants]):
        model = fit(songs, config())
        r.append(np.corrcoef([model.predict(song.x)[:, 0].mean() for song in test], y)[0, 1])
    assert r[1] > r[0] + 0.02


@pytest.mark.parametrize("family", FAMILIES)
def test_one_rated_row_is_enough_for_a_song(family: str) -> None:
    def shortened(song):
        features = replace(song.features, values=song.x[3:4], times_s=song.features.times_s[3:4])
        notes = song.annotation
        one = replace(notes, times_s=notes.times_s[3:4], arousal=notes.arousal[3:4], valence=notes.valence[3:4])
        return replace(song, features=features, recording=song.features, annotation=one)

    fit, config = FAMILIES[family]
    model = fit([*map(shortened, RATED[:12]), *RATED[12:]], config())
    assert np.isfinite(model.predict(ROWS)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_features_without_rms_energy_raise(family: str) -> None:
    fit, config = FAMILIES[family]
    names = tuple(name for name in COMPARE236.names if not name.startswith("pcm_RMSenergy"))
    songs = [song.select(FeatureSet("fewer", "1", names)) for song in RATED]
    with pytest.raises(TrainingError, match="features must be a set with the column pcm_RMSenergy_sma_amean"):
        fit(songs, config())


def test_no_songs_and_no_labels_raise() -> None:
    with pytest.raises(TrainingError, match="songs must be at least one song, got 0"):
        fit_gp([], GPConfig())
    quadrants = with_quadrants_only(made_sounding_dataset(6)).songs
    unlabeled = replace(quadrants[0], annotation=replace(quadrants[0].annotation, quadrant=None))
    with pytest.raises(TrainingError, match="songs must be songs with ratings or a quadrant, got '1'"):
        fit_gp([*RATED, unlabeled], GPConfig())
    for fit, config in FAMILIES.values():
        with pytest.raises(TrainingError, match="at least one song with ratings, got 'none'"):
            fit(quadrants, config())


def test_blend_is_the_stretched_average_of_both_models() -> None:
    config = GPBlendConfig(share_arousal=0.3, share_valence=0.6, stretch_arousal=2.0, stretch_valence=0.5)
    model = fit_gp_blend(SONGS["compare236"].songs, config)
    gp = fit_gp(SONGS["compare236"].songs, config.gp)
    center = np.mean([song.y.mean(axis=0) for song in RATED], axis=0)

    def read(rows: np.ndarray) -> np.ndarray:
        z, sounding = gp.rows.apply(rows)
        return (z * sounding).astype(np.float32)

    columns = FeatureSet("z", "1", COMPARE236.names)
    songs = [replace(song, features=Features(read(song.x), song.features.times_s, columns)) for song in RATED]
    filtered = fit_state_space(songs, config.state_space).predict(read(ROWS).astype(np.float64))
    average = gp.predict(ROWS) * [0.7, 0.4] + filtered * [0.3, 0.6]
    expected = center + (average - center) * [2.0, 0.5]
    # the filter is trained on rows in single precision
    np.testing.assert_allclose(model.predict(ROWS), expected, atol=1e-5)


def test_same_songs_give_the_same_model_and_progress_is_reported() -> None:
    steps: list[tuple] = []
    one = fit_gp(SONGS["compare236"].songs, GPConfig(), progress=lambda *step: steps.append(step))
    two = fit_gp(SONGS["compare236"].songs, GPConfig(), seed=5)
    np.testing.assert_array_equal(one.predict(ROWS), two.predict(ROWS))
    assert [step[:2] for step in steps] == [(1, 3), (2, 3), (3, 3)]


def test_block_sizes_do_not_matter(tmp_path: Path) -> None:
    export(train(SONGS["compare236"], "gp-blend"), tmp_path / "m.onnx", name="m")
    model = load_model(tmp_path / "m.onnx")
    times_s = np.arange(len(ROWS)) * 0.5
    whole = model.predict_with_std(Features(ROWS, times_s, COMPARE236))
    parts = [Features(ROWS[i : i + 7], times_s[i : i + 7], COMPARE236) for i in range(0, len(ROWS), 7)]
    found = model.predict_parts(parts)
    np.testing.assert_array_equal(found.values, whole.values)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (GPConfig, {"context_s": 0.0}, "context_s must be from 0.5 to 600"),
        (GPConfig, {"lag_s": 61.0}, "lag_s must be from 0 to 60"),
        (GPConfig, {"ridge": 0.0}, "ridge must be positive"),
        (GPConfig, {"stretch_valence": 0.0}, "stretch_valence must be positive"),
        (GPBlendConfig, {"share_arousal": 1.1}, "share_arousal must be from 0 to 1"),
        (GPBlendConfig, {"share_valence": -0.1}, "share_valence must be from 0 to 1"),
        (GPBlendConfig, {"stretch_arousal": -1.0}, "stretch_arousal must be positive"),
    ],
)
def test_settings_out_of_range_raise(kind: type, settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        kind(**settings)
