"""Preprocessing between features and model: steps, pipelines of them, and context of neighboring rows."""
