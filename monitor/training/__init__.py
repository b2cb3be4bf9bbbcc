"""What a runner may do today, from entries and summaries of sessions; no I/O, no clock."""
