"""Everything that is not real: simulated runners, emulated sensors, the coaching trial."""
