"""Benchmarks: protocols, published results, tables and their pages."""
