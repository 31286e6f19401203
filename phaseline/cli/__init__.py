"""The command line: thin, translates errors into exit codes, owns no logic."""

import gc
import sys

# Invoke has no bytecode written, for the sake of tasks files. Compiling this package takes longer
# than most commands do.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

# A command makes many objects that stay. Looking for cycles among them at each 700 new ones takes a
# tenth of a run with nothing to do.
gc.set_threshold(50_000)
