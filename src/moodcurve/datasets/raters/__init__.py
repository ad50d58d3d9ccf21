"""Ratings of single raters: labels from them, agreement, noise ceiling, and a report."""
