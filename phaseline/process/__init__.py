"""The one gateway to other programs. Nothing else in the package imports `subprocess`."""
