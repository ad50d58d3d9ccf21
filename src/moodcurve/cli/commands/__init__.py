"""The commands, a file each; importing this package registers them with the app."""

from moodcurve.cli.commands import (
    analyze,
    benchmark,
    categories,
    demo,
    evaluate,
    export,
    features,
    labels,
    live,
    playlist,
    problems,
    scan,
    search,
    serve,
    show,
    similar,
    songlevel,
    studies,
    tag,
    train,
)

__all__ = [
    "analyze", "benchmark", "categories", "demo", "evaluate", "export", "features", "labels", "live", "playlist",
    "problems", "scan", "search", "serve", "show", "similar", "songlevel", "studies", "tag",
    "train",
]  # fmt: skip
