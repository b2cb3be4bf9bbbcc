"""Packets in, one module or folder per way in.  This room never imports ``monitor.storage``."""
