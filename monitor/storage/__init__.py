"""Stored sessions: SQLite, import, recovery, split, merge, backup, re-analysis.

This room never imports ``monitor.sources``.
"""
