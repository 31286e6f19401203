"""What workloads use, and which requests and limits would fit."""
