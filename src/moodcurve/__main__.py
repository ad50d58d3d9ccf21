"""Run the command line with `python -m moodcurve`."""

import sys
from pathlib import Path

# python -m puts the working folder first on the path: perhaps a folder of music that also holds code
if not sys.flags.safe_path and sys.path[0] != str(Path(__file__).parents[1]):
    del sys.path[0]

from moodcurve.cli import main

if __name__ == "__main__":
    main()
