"""A simulated runner with known truth."""
