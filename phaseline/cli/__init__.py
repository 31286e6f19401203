"""The command line: thin, translates errors into exit codes, owns no logic."""
