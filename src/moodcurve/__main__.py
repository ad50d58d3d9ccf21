"""`python -m moodcurve`: the command line."""

from moodcurve.cli import main

if __name__ == "__main__":
    main()
