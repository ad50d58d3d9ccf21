"""A curve to look at: a picture, and a page with a player."""

from moodcurve.report.page import write_report
from moodcurve.report.plot import write_plot

__all__ = ["write_plot", "write_report"]
