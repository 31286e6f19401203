"""One look at a cluster, kept for as long as a question about it takes."""
