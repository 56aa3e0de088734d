"""What an environment remembers of its applies: lock, journal, history, the way back."""
