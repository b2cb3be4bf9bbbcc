"""What it costs: streaming, re-analysis, memory, as ratios to the bare cost."""
