"""Requests that the server itself makes, only to hosts that its operator allows: downloads of songs, and webhooks."""
