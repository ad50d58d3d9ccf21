"""The commands that analyze music and use curves, a file each; importing this package registers them with the app."""

from moodcurve.cli.commands import (
    analyze,
    demo,
    export,
    features,
    live,
    merge,
    playlist,
    problems,
    scan,
    search,
    serve,
    show,
    similar,
    tag,
)

__all__ = [
    "analyze",
    "demo",
    "export",
    "features",
    "live",
    "merge",
    "playlist",
    "problems",
    "scan",
    "search",
    "serve",
    "show",
    "similar",
    "tag",
]
