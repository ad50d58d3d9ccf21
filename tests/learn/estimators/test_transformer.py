"""Features as a transformer, alone and as the first step of pipelines."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from moodcurve.analysis import file_features
from moodcurve.audio import AudioError
from moodcurve.features import COMPARE236
from moodcurve.learn.estimators import CurveRegressor, FeatureExtractor

pytestmark = pytest.mark.slow
SR = 44_100


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("songs")
    paths = []
    for number in range(6):
        rng = np.random.default_rng(number)
        path = folder / f"{number}.wav"
        soundfile.write(path, rng.normal(0, 0.02 * (number + 1), 3 * SR), SR)
        paths.append(path)
    return paths


def test_files_and_samples_give_the_rows_of_the_extractor(songs: list[Path]) -> None:
    extractor = FeatureExtractor("compare236", sr=SR, workers=1)
    samples, _ = soundfile.read(songs[0])
    of_file, of_samples, of_text = extractor.fit_transform([songs[0], samples, str(songs[0])])
    expected = file_features(songs[0], COMPARE236).features.values
    np.testing.assert_array_equal(of_file.values, expected)
    np.testing.assert_array_equal(of_text.values, expected)
    np.testing.assert_array_equal(of_samples.values, expected)


def test_pooled_rows_fit_scikit_learns_own_estimators(songs: list[Path]) -> None:
    extractor = FeatureExtractor("compare236", pool="mean_std", workers=1)
    pooled = extractor.transform(songs)
    assert pooled.shape == (6, 472)
    names = list(extractor.get_feature_names_out())
    assert names[0] == f"{COMPARE236.names[0]}_mean"
    assert names[-1] == f"{COMPARE236.names[-1]}_std"
    rows = file_features(songs[2], COMPARE236).features.values
    np.testing.assert_allclose(pooled[2, :236], rows.mean(axis=0), rtol=1e-5, atol=1e-9)
    loudness = np.arange(6.0)
    pipeline = make_pipeline(clone(extractor).set_params(pool="mean"), StandardScaler(), Ridge())
    assert pipeline.fit(songs, loudness).score(songs, loudness) > 0.8


def test_a_pipeline_from_files_to_curves(songs: list[Path]) -> None:
    curves = [np.full((4, 2), number / 6) for number in range(6)]
    pipeline = make_pipeline(FeatureExtractor("compare236", workers=1), CurveRegressor("mlr"))
    (predicted,) = pipeline.fit(songs, curves).predict(songs[:1])
    assert predicted.shape == (4, 2)
    assert cross_val_score(pipeline, songs, curves, cv=3, error_score="raise").shape == (3,)


def test_what_gives_no_features_is_refused(tmp_path: Path, songs: list[Path]) -> None:
    with pytest.raises(ValueError, match="sr must be given for arrays"):
        FeatureExtractor("compare236").fit_transform([np.zeros(SR)])
    with pytest.raises(AudioError, match="no such file"):
        FeatureExtractor("compare236", workers=1).fit_transform([tmp_path / "none.wav"])
    with pytest.raises(ValueError, match="unknown feature set 'mine'"):
        FeatureExtractor("mine").fit(songs)
    with pytest.raises(ValueError, match="pool must be"):
        FeatureExtractor(pool="max").fit(songs)  # type: ignore[arg-type]
