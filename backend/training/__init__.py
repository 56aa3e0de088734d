"""Where app/pricing/model.json comes from: `python -m training` writes it anew."""
