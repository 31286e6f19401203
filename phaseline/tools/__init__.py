"""One module for each external program: typed arguments to a Command, output to a model."""
