"""Read songs published as audio with a table of labels: ratings over time, ratings of whole clips, or quadrants."""
