"""Promised figures. Each module prints a table and exits 1 when one falls short."""
