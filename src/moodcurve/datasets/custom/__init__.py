"""Read folders of custom annotated songs."""
