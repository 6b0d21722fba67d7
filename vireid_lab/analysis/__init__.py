"""Measurements on images and features: the reflection prior, the modality discrepancy."""
