"""Backbones, heads and baselines."""
