"""``python -m monitor`` is ``gaitcue``."""

from monitor.cli.main import main

main()
