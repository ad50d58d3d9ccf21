"""Download the archives of published sets: where they are, safe transfer, and safe unpacking."""
