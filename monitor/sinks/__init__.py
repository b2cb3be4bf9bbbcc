"""Records out, one folder per outside system, with at-least-once delivery.  No system knows another."""
