"""Shipway: ships a container and a site to AWS, and proves what it says."""
