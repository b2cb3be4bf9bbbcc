"""``python -m validation.ship --data DIR``: the lines of ``dsp.models``, fitted on everybody."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from dsp.models import MODELS, Models
from validation.leave_one_out import FITTED_ON
from validation.refit import FITTED_FROM, record_terms, refit_models


def main() -> int:
    """Print one line per regression; their SDs are not fitted here but come from leaving runners out."""
    parser = argparse.ArgumentParser(prog="validation.ship", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders of .npz recordings")
    paths = sorted(parser.parse_args().data.glob("*/*.npz"))
    here = [p for p in paths if p.parent.name in FITTED_ON]
    if not here:
        print(f"none of {', '.join(FITTED_ON)} is there: nothing to fit on", file=sys.stderr)
        return 2
    models = fit_shipped_models(here)
    for f in fields(models):
        m = getattr(models, f.name)
        weights = ", ".join(f'"{name}": {w:.4g}' for name, w in m.weights.items())
        tail = ", relative=True" if m.relative else ""
        print(f"    {f.name}: Linear = Linear({m.constant:.4g}, {{{weights}}}, {m.sd!r}{tail})")
    return 0


def fit_shipped_models(paths: Sequence[Path]) -> Models:
    """Return every regression as fitted on the set of sensors that shows it best."""
    models = MODELS
    for sensors in dict.fromkeys(sets[0] for sets in FITTED_FROM.values()):
        noted = [t for p in paths if (t := record_terms(p, sensors, MODELS)) is not None]
        fitted = refit_models(paths, sensors, noted)
        own = [name for name, sets in FITTED_FROM.items() if sets[0] == sensors]
        models = replace(models, **{name: getattr(fitted, name) for name in own})
    return models


if __name__ == "__main__":
    sys.exit(main())
