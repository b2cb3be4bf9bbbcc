"""Pushes to the phone: what is worth one, and the services that carry it."""
