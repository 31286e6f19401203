"""The tasks by topic: each module makes its own, `collection.py` puts them together."""
