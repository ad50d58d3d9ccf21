"""How sure a model is: calibrated intervals, familiarity with a recording, held-out evaluation."""
