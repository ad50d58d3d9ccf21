"""The command line: each command parses, makes one library call and prints.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done; 1 some input could
not be used (named on standard error, the rest done); 2 wrong usage; 130 interrupted. A command's modules are
imported when it runs, so that `moodcurve --help` and `moodcurve analyze` stay quick.
"""

from moodcurve.cli.app import app, main
from moodcurve.cli.commands import analyze, categories, export, labels, scan, search, serve, studies, train

__all__ = ["analyze", "app", "categories", "export", "labels", "main", "scan", "search", "serve", "studies", "train"]
