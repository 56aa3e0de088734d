"""Prepares a machine for Shipway: virtual environment, Docker engine, base image, Terraform.

It runs before anything is installed, so it needs only the standard library. It knows nothing of
deploying.
"""
