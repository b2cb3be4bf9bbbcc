"""Bytes to numbers: one pure, total decoder per device family, and what a connection must say to it.

A family is one module and one row in ``registry.DEVICES``; it does no I/O and imports no other family.
"""
