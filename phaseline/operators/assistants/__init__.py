"""Assistants that advise. What they read is data; what they say is checked before it counts."""
