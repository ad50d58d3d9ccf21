"""What the Kalman filter gains by reading a network."""

from moodcurve.learn.model import Progress
from moodcurve.learn.statespace import LiveStateSpaceConfig
from moodcurve.learn.studies import Study, arm
from moodcurve.learn.study_folds import FOLDS, Source, artist_folds, predictions


def study_base(source: Source, *, seed: int, progress: Progress) -> Study:
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
