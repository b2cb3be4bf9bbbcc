"""Sensors over the Bluetooth of a phone: the live page is the radio, and passes on what it hears untouched.

The browser knows no device family.  It is told which services to open, and then what to listen to, read
and write, step by step; it remembers these steps, and repeats them by itself where this service is out of
reach.  What it hears waits in it until it has been taken here.
"""
