"""Studies: how features, data size, splits, labels and settings affect accuracy, a file each."""
