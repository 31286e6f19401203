"""The todo list: what a todo is, how it is kept, and how the service is run."""

__version__ = "0.1.0"
