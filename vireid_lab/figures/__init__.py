"""Pictures of results: style, save with provenance, one module a kind."""
