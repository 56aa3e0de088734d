"""Secrets of an environment: where they are and which version is current; never what they say."""
