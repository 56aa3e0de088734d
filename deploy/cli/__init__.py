"""Shipway's tasks as Invoke sees them: options, one call into deploy/, the exit code."""

import gc

# What is imported by now stays until the end: looking through it for garbage, again and again, was
# a seventh of the CPU time of a deploy that finds nothing to do. The rest is looked through less
# often than by default (700), which reference counts make up for.
gc.freeze()
gc.set_threshold(20_000)  # objects
