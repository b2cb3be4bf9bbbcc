"""Sessions that are kept: SQLite, import, recovery, split, merge, backup, re-analysis.  It does not know
sources.
"""
