"""Ordered lists of songs along a path over the plane of arousal and valence, and files of them."""
