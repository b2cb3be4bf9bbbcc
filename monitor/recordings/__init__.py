"""Files (tape, FIT, NPZ, CSV, phone exports) to packets, and the writer of tapes."""
