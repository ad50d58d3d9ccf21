"""Compute what a pretrained tag network hears: tags and an embedding of patches of three seconds."""
