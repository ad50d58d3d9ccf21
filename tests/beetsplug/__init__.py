"""The plugin for beets."""
