"""Notebooks as jobs: what runs, how it ended, sweeps that go on where they stopped, engines, the report."""
