"""Finished runs to intervals.icu, a training diary on the web."""
