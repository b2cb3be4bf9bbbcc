"""``gaitcue`` that at the end of a run waits one second for what is away or full, instead of ten."""

from __future__ import annotations

from functools import partial

from monitor.cli.main import main
from monitor.service import serve

if __name__ == "__main__":
    serve.ServeParams = partial(serve.ServeParams, deadline_s=1.0)  # type: ignore[assignment, misc]
    main()
