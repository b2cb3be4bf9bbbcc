"""Sensors without hardware: GATT servers on an emulated radio, for the tests and ``gaitcue demo --radio``.

The host stack is bumble (the extra ``radio``).  What is emulated are devices and the air between;
the program under it is the real one, with bleak and all that stands on it.
"""
