"""Responses with curves in several formats, audio, and the API documentation."""
