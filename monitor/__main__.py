"""``python -m monitor`` is ``gaitcue``."""

from monitor.cli import main

main()
