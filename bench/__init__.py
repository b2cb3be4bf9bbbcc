"""What it costs: streaming and re-analysis, as ratios to the bare cost of filtering."""
