"""When a runner is off target: baseline, target, drift, and when not to judge."""
