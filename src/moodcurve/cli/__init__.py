"""The command line: each command parses, makes one library call and prints.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done; 1 some input could
not be used (named on standard error, the rest done); 2 wrong usage; 130 interrupted. A command's modules are
imported when it runs, so that `moodcurve --help` and `moodcurve analyze` stay quick.
"""

from moodcurve.cli import commands
from moodcurve.cli.app import app, main

__all__ = ["app", "commands", "main"]
