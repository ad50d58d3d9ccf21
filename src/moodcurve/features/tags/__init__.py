"""Compute what a pretrained tag network predicts: tags and an embedding of patches of three seconds."""
