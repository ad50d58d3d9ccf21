"""Read sets of annotated songs as they are published: a description of each layout, over a few shared readers."""
