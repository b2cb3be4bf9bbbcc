"""Finished runs as FIT files in a folder, for other programs to pick up."""
