"""Arguments in, calls into the rooms below, tables out: one module per group of commands.

A command imports the heavy parts inside its function, so that ``--help`` is quick.  It decides nothing that
a second front end would need: that is in ``service`` (which sensors are near, what a recording gives, how a
run is started) or in the room of the data.
"""
