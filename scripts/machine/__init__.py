"""Prepares a machine for Shipway: virtual environment, Docker, base image, Terraform, Node.js.

It runs before anything is installed, so it needs only the standard library. It knows nothing of
deploying.
"""
