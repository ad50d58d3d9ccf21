"""Short pieces of music from rules: the cues of a mood to a score, the score to sound."""
