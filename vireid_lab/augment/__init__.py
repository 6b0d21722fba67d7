"""Augmentations: each with draw() and apply()."""
