"""Features, metrics, protocols, results."""
