"""`python -m training`: train the pricing model and write app/pricing/model.json."""

from .train import trained, write

write(trained())
