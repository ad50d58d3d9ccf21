"""The commands about annotated songs and models, a file each; importing this package registers them with the app."""

from moodcurve.cli.training import (
    annotate,
    benchmark,
    categories,
    compare,
    download,
    evaluate,
    labels,
    models,
    render,
    songlevel,
    studies,
    suggest,
    train,
)

__all__ = [
    "annotate", "benchmark", "categories", "compare", "download", "evaluate", "labels", "models", "render", "songlevel",
    "studies", "suggest", "train",
]  # fmt: skip
