"""The pricing model: what is known of a driver -> claims a year that are to be expected -> price.

model.json is trained by training/ (not in the image) and loaded at the start.
"""

from .loading import Loading, Pricing, load_model
from .model import Behaviour, Model, Profile, Quote, TripFacts

__all__ = [
    "Behaviour",
    "Loading",
    "Model",
    "Pricing",
    "Profile",
    "Quote",
    "TripFacts",
    "load_model",
]
