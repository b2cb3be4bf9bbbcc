"""The pages and the JSON API over ``storage``, ``review`` and the live state.  It never starts or stops
anything.
"""
