"""Run the command line with `python -m moodcurve`."""

from moodcurve.cli import main

if __name__ == "__main__":
    main()
