"""Gait from body-worn sensors: numbers only, synchronous, causal.  No clock, no I/O."""
