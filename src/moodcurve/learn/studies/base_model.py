"""Study the Kalman filter with linear regression or a network as its base model."""

from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import StudyResult, score_arm


def study_base_model(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Compare the Kalman filter on frame predictions of ``ffnn`` with the filter on those of ``mlr``."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    arms = []
    for number, base in enumerate(("mlr", "ffnn")):
        progress(number, 2, base)
        config = LiveStateSpaceConfig(base=base)
        repeats = [predictions(dataset.songs, splits, "state-space-live", seed=seed, config=config)]
        arms.append(score_arm(f"filter on {base}", "state-space-live", dataset.songs, repeats, seed=seed))
    return StudyResult(
        name="base",
        title="Base model of the Kalman filter",
        how=(f"{FOLDS} folds, split by artist. The network is the family `ffnn` with its default settings.",),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=((arms[1], arms[0]),),
    )
