"""vireid_lab: a notebook-driven research workbench for visible-infrared person re-identification."""

__version__ = "0.1.0"
