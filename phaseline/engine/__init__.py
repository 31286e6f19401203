"""The graph, keys, records and scheduling. It knows no tool by name."""
