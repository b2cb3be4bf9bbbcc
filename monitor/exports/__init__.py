"""A stored session as files for other programs.  Nothing is computed here."""
