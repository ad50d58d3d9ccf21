"""Studies of how features, data size, splits, labels and settings affect accuracy, one module each."""
