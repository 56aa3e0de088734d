"""Telematics insurance: drivers, their trips, what they pay, and what happens, as it happens."""
