"""The verbs that steps call. The command line and the HTTP API call the same ones."""
