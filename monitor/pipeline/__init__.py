"""The synchronous heart: packets to records, and when to speak.

It never awaits, reads a clock or opens a file.
"""
