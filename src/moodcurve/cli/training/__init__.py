"""The commands about annotated songs and models, a file each; importing this package registers them with the app."""

from moodcurve.cli.training import (
    benchmark,
    categories,
    compare,
    download,
    evaluate,
    labels,
    render,
    songlevel,
    studies,
    train,
)

__all__ = [
    "benchmark", "categories", "compare", "download", "evaluate", "labels", "render", "songlevel", "studies", "train",
]  # fmt: skip
