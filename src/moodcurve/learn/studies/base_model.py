"""What the Kalman filter gains by reading a network."""

from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.studies.folds import FOLDS, Source, artist_folds, predictions
from moodcurve.learn.studies.study import Study, arm


def study_base(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Let the Kalman filter read a network's frame predictions instead of linear ones."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    arms = []
    for number, base in enumerate(("mlr", "ffnn")):
        progress(number, 2, base)
        config = LiveStateSpaceConfig(base=base)
        repeats = [predictions(dataset.songs, splits, "state-space-live", seed=seed, config=config)]
        arms.append(arm(f"filter on {base}", "state-space-live", dataset.songs, repeats, seed=seed))
    return Study(
        name="base",
        title="What the Kalman filter reads",
        how=(f"{FOLDS} folds, artists disjoint; the network is the family ffnn with its defaults.",),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=((arms[1], arms[0]),),
    )
