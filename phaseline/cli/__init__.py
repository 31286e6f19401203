"""The command line: thin, translates errors into exit codes, owns no logic."""

import sys

# Invoke has no bytecode written, for the sake of tasks files. Compiling this package takes longer
# than most commands do.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
