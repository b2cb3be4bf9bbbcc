"""Detectors: samples of one sensor in, contacts out.  One module per placement."""
