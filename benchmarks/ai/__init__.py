"""Scenarios of AI operations: a prompt, a setup, and what the cluster must be like afterwards."""
