"""Command-line interface: each command parses its options, makes one library call and prints the result.

Results go to standard output, progress and messages to standard error. Exit codes: 0 success; 1 some input could not
be used (it is named on standard error, the rest is done); 2 wrong usage; 130 interrupted by
Ctrl-C, 143 by SIGTERM, 129 by SIGHUP. A command imports its modules when it runs, so that `moodcurve --help` and
`moodcurve analyze` start quickly.
"""

from moodcurve.cli import commands, training
from moodcurve.cli.app import app, main

__all__ = ["app", "commands", "main", "training"]
