"""Helpers for all packages: files, user folders, text formatting, optional dependencies."""
