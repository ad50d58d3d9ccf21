"""Adapt a model to the ratings of a listener or a project, from as few as ten songs, and choose what to rate next."""
