"""Read DEAM: labels, features, metadata and the tracks of individual raters."""
