"""Export the ratings of a study as CSV, as JAMS, or in DEAM's layout."""
