"""Options of `train --from`, which adapts an existing model."""

from dataclasses import dataclass
from typing import Annotated

from moodcurve.cli.parameters import Option


@dataclass(frozen=True, kw_only=True)
class AdaptationOptions:
    """Options for adapting an existing model."""

    base: Annotated[
        str | None,
        Option("--from", metavar="NAME|FILE", help="Adapt this model, e.g. default, instead of training a new one."),
    ] = None
    name: Annotated[
        str | None,
        Option("--name", metavar="NAME", help="Keep the adapted model by this name, for --model NAME, see models."),
    ] = None
    rater: Annotated[
        str | None,
        Option("--rater", metavar="NAME", help="With --from: adapt to this rater of a study or of tracks.csv alone."),
    ] = None
    force: Annotated[
        bool, Option("--force", help="With --from: write the model even if it is not better than the one it is from.")
    ] = False
