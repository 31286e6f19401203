"""What is looked for beside faults, one file for each area."""
