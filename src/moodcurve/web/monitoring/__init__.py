"""What the server reports about itself: metrics for Prometheus, and a structured log."""
