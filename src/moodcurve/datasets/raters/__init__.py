"""Turn the ratings of individual raters into labels, and measure agreement and the noise ceiling."""
