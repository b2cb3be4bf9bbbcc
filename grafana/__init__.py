"""Dashboards and alert rules for coaches, as code: ``python -m grafana`` writes the JSON beside it."""
