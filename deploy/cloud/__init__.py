"""Starts and stops the local cloud, or LocalStack's image in its place."""
