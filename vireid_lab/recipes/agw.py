"""AGW (Ye et al. 2021, "Deep Learning for Person Re-identification"): the baseline with non-local attention."""

from __future__ import annotations

from dataclasses import replace

from . import baseline
from .baseline import build

VERSION = 1  # raised when the same settings would give another model
PRESETS = {name: replace(settings, attention="nonlocal") for name, settings in baseline.PRESETS.items()}

__all__ = ["PRESETS", "VERSION", "build"]
