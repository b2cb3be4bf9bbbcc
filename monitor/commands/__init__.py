"""What ``gaitcue`` can do: one module per group of commands, all listed in ``monitor.cli``.

A command parses nothing by hand, builds what it needs from the settings, and imports the heavy parts
inside its function so that ``--help`` is quick.
"""
