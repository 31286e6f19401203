"""Typed operations on typed objects, and the conditions that they are to bring about."""
