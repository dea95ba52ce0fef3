"""The committed baseline: `python -m campaigns.baseline DESIGN... --out reports` estimates designs
on every target.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sc_hw.fabric.targets import target_names
from sc_hw.price.estimate import estimate
from sc_hw.reporting.report import baseline
from sc_model.spec import load_design


def main() -> None:
    """Estimate, then write `baseline.json`, `.md` and `.html`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="+", type=Path)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    metrics = []
    for file in given.designs:
        metrics += estimate(
            load_design(file), target_names(), root=given.build, seeds=given.seeds, progress=print
        )
    baseline(metrics, given.out, "make reports")


if __name__ == "__main__":
    main()
