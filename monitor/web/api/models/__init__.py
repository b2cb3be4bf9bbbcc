"""What the JSON API answers, described: every field with its meaning and, for a number, its unit.

The answers themselves are made by ``json.dumps`` and do not pass through these models.
"""
