"""DEAM, the MediaEval database of songs with arousal and valence ratings twice a second."""
