"""The containers of `invoke dev`: which Compose runs them, how it is called, what they say.

`tool` finds Compose, `stack` is its commands as data, `ports` tells who has a port. What Compose
has started, `containers` reads from the engine itself: the two Composes print differently.
"""
