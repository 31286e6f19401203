"""The ways in which things go wrong, one file each."""
