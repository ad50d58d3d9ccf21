"""Model families, a file each, and what they share: losses, batches, targets."""
