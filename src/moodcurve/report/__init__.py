"""Draw a curve as a picture, or as an HTML page with a player."""

from moodcurve.report.page import write_report
from moodcurve.report.plot import write_plot

__all__ = ["write_plot", "write_report"]
