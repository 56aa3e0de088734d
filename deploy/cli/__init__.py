"""Shipway's tasks as Invoke sees them: options, one call into deploy/, the exit code."""
