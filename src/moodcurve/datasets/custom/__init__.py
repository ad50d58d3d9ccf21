"""Your own annotated songs: a folder with labels.csv, and the songs' audio or features."""
