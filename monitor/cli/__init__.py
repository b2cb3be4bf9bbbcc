"""Arguments in, calls into ``service``, tables out: one module per group of commands.

A command parses nothing by hand and imports the heavy parts inside its function, so that ``--help`` is
quick. It never decides anything that a second front end would need.
"""
