"""Explorers for JupyterLab: labelled controls around one pure render function each."""
