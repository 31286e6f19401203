"""The state of a whole cluster or namespace: what is broken, and what will be one day."""
