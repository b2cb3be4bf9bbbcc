"""The running program: reads the settings, makes sources and sinks, runs one session to its end, checks
how it does.

It never knows a wire format or a formula.
"""
