"""Searching a library: queries, their text form, and the SQL that runs them."""
