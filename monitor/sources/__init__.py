"""Packets in, one module or folder per way in.  It does not know storage."""
