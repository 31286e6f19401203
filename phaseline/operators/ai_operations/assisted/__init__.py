"""Requests read by assistants: they widen what is understood, never what is allowed."""
