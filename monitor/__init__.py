"""The service around ``dsp``: sensors and phones in, store, page, messages out."""
