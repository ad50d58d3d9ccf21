"""Searching a library: a query, its text form, and the SQL that answers it."""
