"""Preprocessing between features and models: steps, pipelines of steps, and statistics of surrounding rows."""
