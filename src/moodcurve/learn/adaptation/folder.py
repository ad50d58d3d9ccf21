"""Adapt a model to the ratings in a folder, and write it if it is better: for the command line and a study's page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.datasets.layout import has_sound
from moodcurve.datasets.rated_folder import read_rated_folder
from moodcurve.datasets.song import DatasetError
from moodcurve.features import COMPARE260
from moodcurve.features.feature_sets import without_own
from moodcurve.learn.adaptation.adapt import SURE, Adaptation, adapt
from moodcurve.learn.adaptation.model_file import export_adapted
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.runtime.loading import describe_model


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptedModel:
    """Outcome of an adaptation.

    Attributes
    ----------
    adaptation : Adaptation
    model : str or None
        Name of the model in curves; None if it was not written, because it is not better than the base.
    file : Path
        Where it was, or would have been, written.
    """

    adaptation: Adaptation
    model: str | None
    file: Path

    def summary(self) -> list[str]:
        """Return lines of text about the outcome."""
        made = self.adaptation
        lines = [
            f"{axis}: RMSE {_pair(made, axis, 'rmse')}, r {_pair(made, axis, 'r')}, CCC {_pair(made, axis, 'ccc')}"
            for axis in AXES
        ]
        return [
            f"{len(made.dataset.songs)} songs, held out in turn; before and after:",
            *lines,
            f"Better in {made.probability:.0%} of random draws of the songs; {SURE:.0%} are needed.",
            f"Model {self.model}; use it by name: --model {self.file.stem}"
            if self.model
            else "Not written: not better than the original. More rated songs may help.",
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as strict JSON content."""
        return {**self.adaptation.as_dict(), "model": self.model, "file": str(self.file) if self.model else None}


def _pair(made: Adaptation, axis: str, name: str) -> str:
    return f"{made.before[axis][name].value:.2f} → {made.after[axis][name].value:.2f}"


def adapt_to_folder(
    folder: Path,
    file: Path,
    *,
    base: str = "default",
    rater: str | None = None,
    from_raters: bool = False,
    force: bool = False,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
    report_dataset: Callable[[Dataset], None] = lambda dataset: None,
) -> AdaptedModel:
    """Adapt a model to the ratings in a folder, and write it if it is better than the base.

    Parameters
    ----------
    folder : Path
        As for `moodcurve.datasets.rated_folder.read_rated_folder`: songs with labels, or a study.
    file : Path
        The model file, such as `moodcurve.runtime.named_models.own_model_path` of a name; its stem names the model. An
        existing one is replaced, but not by a model that is no better than the base.
    base : str
        Name or file of the model to adapt.
    rater : str, optional
        Adapt to this rater alone.
    from_raters : bool
        Adapt to the ratings of all raters as they are now, also if the folder has labels.
    force : bool
        Write the model even if it is not better.
    seed : int
    progress : callable, optional
    report_dataset : callable, optional
        Called with the dataset once it is read, for its notes.

    Raises
    ------
    DatasetError
        If the folder cannot be read, or has no sound and the base needs it.
    TrainingError
        If there are too few songs.
    ModelError
        If the base cannot be used.
    OSError
        If the file cannot be written.
    """
    feature_set = without_own(describe_model(base)[1])
    if not has_sound(folder) and folder.is_dir() and not set(feature_set.names) <= set(COMPARE260.names):
        raise DatasetError(
            f"{folder}: has no audio/, and {base} needs features of {feature_set.name}; add the audio, or adapt the "
            "model fast"
        )
    dataset = read_rated_folder(
        folder,
        feature_set=feature_set,
        rater=rater,
        from_raters=from_raters,
        progress=lambda done, total: progress(done, total, "reading"),
    )
    report_dataset(dataset)
    adaptation = adapt(
        dataset,
        base,
        seed=seed,
        report=lambda done, total: progress(done, total, "cross-validation"),
        check_stop=lambda: progress(0, 1, "applying the model"),
    )
    if not (adaptation.is_better or force):
        return AdaptedModel(adaptation=adaptation, model=None, file=file)
    file.parent.mkdir(parents=True, exist_ok=True)
    return AdaptedModel(adaptation=adaptation, model=export_adapted(adaptation, file, name=file.stem), file=file)
