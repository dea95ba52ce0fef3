"""The price model: designs measured, the model fitted to two thirds, its error on the others.

`python -m campaigns.price --out reports` synthesises, places and routes random designs (an hour on
one core; rows that are there already are kept), fits the model of `sc-hw price` to those that are
not held out, and writes price.json, price.md and the package's own `sc_hw/price/model.json`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from campaigns.price.designs import LEARNING_BLOCKS, LEARNING_TARGETS
from campaigns.price.page import markdown
from campaigns.price.rows import kept, measure, rewrite
from sc_hw.build.blocks import Block, block_of
from sc_hw.build.elaborate import sha256
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target, load_target
from sc_hw.files import write_json
from sc_hw.price.depth import Delays
from sc_hw.price.model import SCHEMA as MODEL_SCHEMA
from sc_hw.price.model import TargetModel, model_from
from sc_hw.price.structure import FEATURES, Counts, Structure, structure_of
from sc_model.spec import Design

SCHEMA = "sc-hw.price-report.v1"
MODEL_FILE = Path(__file__).parents[2] / "sc_hw" / "price" / "model.json"
COUNT, FIT, LEARNING, LIMIT_S = 126, 98, 32, 600
# In ns, as nextpnr reports them on critical paths (`Timing` of the families). A mapper takes no
# wider LUT than four inputs here: with six the error on ECP5 is no smaller.
DELAYS = {
    "ice40-up5k": Delays(1.39, 1.23, 2.4, 0.1, 1.28, 0.68, 0.35, 0.8, 2.64, 9.0),
    "ice40-hx8k": Delays(0.54, 0.47, 1.3, 0.1, 0.40, 0.26, 0.15, 0.4, 2.15, 5.0),
    "ecp5-25f-6": Delays(0.52, 0.13, 1.5, 0.1, 0.24, 0.45, 0.036, 0.44, 1.4, 3.4),
}
# The form of the model was chosen while looking at the designs below this number, those held out
# among them; the others were measured afterwards.
FORM_CHOSEN = 57
BLOCKS = ("lane", "bank", "network")  # beside layers, from which they may differ
# Of a block that learns a target's model has LUTs and clocks only where it was fitted to so many of
# its designs, and tried on so many others of both such blocks, which have their bars in common.
LEAST_FIT, LEAST_HELD_OUT = 2, 3
# How far the fit goes from what the structure says by itself: a LUT of the cover is a LUT, and no
# block differs from another. The smaller, the further; chosen on the rows that are fitted to.
LUT_RIDGE, PERIOD_RIDGE = 0.1, 0.3
UNITS = ("lut", "ff", "bram", "dsp", "fmax_mhz")
Row = dict[str, Any]


def design_of(row: Mapping[str, Any]) -> Design:
    """The design of a row."""
    values = dict(row["design"])
    if values["block"] not in ("lane", "bank"):
        values.pop("synapses")  # derived
    return Design(**values)


def _block_of(row: Mapping[str, Any]) -> tuple[Block, Target]:
    """The block of a row, as today's generator makes it, and its target."""
    target = load_target(row["target"])
    design = design_of(row).model_copy(update={"fabric": target.family})
    return block_of(design, load_family(target.family)), target


def has_changed(row: Mapping[str, Any]) -> bool:
    """Whether the Verilog of a row's design is another one than was measured."""
    block, target = _block_of(row)
    text = to_verilog(block.component, block.top, load_family(target.family))
    return bool(sha256(text) != row["verilog_sha256"])


def with_features(row: Row) -> Row | None:
    """The row with the structure of its design; None where its Verilog is another one by now.

    A row that has its structure keeps it: it is that of the Verilog which was measured.
    """
    if "failed" in row or "features" in row:
        return row
    if has_changed(row):
        print(f"{row['number']}: the design's Verilog has changed; the next run measures it again")
        return None
    block, target = _block_of(row)
    structure = structure_of(block, target, DELAYS[target.name])
    features = {**vars(structure.total), "period_ns": structure.period_ns}
    return {**row, "features": features}


def structure_from(row: Mapping[str, Any]) -> Structure:
    """The structure that a row has kept."""
    features = dict(row["features"])
    period = features.pop("period_ns")
    return Structure({"all": Counts(**features)}, period)


def _ridge(
    columns: NDArray[np.float64],
    target: NDArray[np.float64],
    prior: Sequence[float],
    weights: Sequence[float],
) -> list[float]:
    """Least squares that stay near a prior; a weight of 0 leaves a coefficient free."""
    start = np.array(prior)
    residual = target - columns @ start
    matrix = columns.T @ columns + np.diag(np.maximum(weights, 1e-9))
    return [float(each) for each in start + np.linalg.solve(matrix, columns.T @ residual)]


def _fitted_luts(rows: Sequence[Row]) -> tuple[dict[str, float], dict[str, float]]:
    """LUTs of each feature, and of the cover by block; errors count relative to the design."""
    share = np.array([1 / row["lut"] for row in rows])
    counts = [structure_from(row).total for row in rows]
    columns = [
        [getattr(each, name) for name in FEATURES]
        + [each.cover * (row["design"]["block"] == block) for block in BLOCKS]
        for each, row in zip(counts, rows, strict=True)
    ]
    luts = [row["lut"] - each.cells for each, row in zip(counts, rows, strict=True)]
    prior = [1.0] * len(FEATURES) + [0.0] * len(BLOCKS)
    coefficients = _ridge(
        np.array(columns, float) * share[:, None],
        np.array(luts, float) * share,
        prior,
        [LUT_RIDGE] * len(prior),
    )
    rounded = [round(each, 4) for each in coefficients]
    names = len(FEATURES)
    return (
        dict(zip(FEATURES, rounded[:names], strict=True)),
        {"layer": 0.0, **dict(zip(BLOCKS, rounded[names:], strict=True))},
    )


def _fitted_period(rows: Sequence[Row], luts: Callable[[Row], float]) -> dict[str, float]:
    """Coefficients of the logarithm of the period."""
    columns = [
        [
            1.0,
            math.log(row["features"]["period_ns"]),
            math.log(max(1.0, luts(row))),
            *(float(row["design"]["block"] == block) for block in BLOCKS),
        ]
        for row in rows
    ]
    periods = [math.log(1000 / row["fmax_mhz"]) for row in rows]
    coefficients = _ridge(
        np.array(columns),
        np.array(periods),
        [0.0, 1.0, 0.0, *(0.0 for _ in BLOCKS)],
        [0.0, PERIOD_RIDGE, PERIOD_RIDGE, *(PERIOD_RIDGE for _ in BLOCKS)],
    )
    return {
        name: round(each, 4)
        for name, each in zip(("base", "path", "lut", *BLOCKS), coefficients, strict=True)
    } | {"layer": 0.0}


def _add_learning(values: dict[str, Any], rows: Sequence[Row]) -> None:
    """What networks that learn have of their own, beside what all blocks share.

    The coefficients of the others stay as they are: they were chosen before, on designs of which
    none learns.
    """
    for block in LEARNING_BLOCKS:
        own = [row for row in rows if row["design"]["block"] == block]
        fit = [row for row in own if not row["held_out"]]
        if not _enough(own, rows):
            continue
        model = model_from(values)
        counts = [structure_from(row).total for row in fit]
        share = np.array([1 / row["lut"] for row in fit])
        column = np.array([[each.cover] for each in counts], float) * share[:, None]
        rest = np.array([row["lut"] for row in fit], float)
        rest -= [model.luts(each, block) for each in counts]
        (coefficient,) = _ridge(column, rest * share, [0.0], [LUT_RIDGE])
        values["cover"][block] = round(coefficient, 4)
        timed = [row for row in own if row["fmax_mhz"]]
        if _enough(timed, [row for row in rows if row["fmax_mhz"]]):
            fit = [row for row in timed if not row["held_out"]]
            model = model_from(values)
            residuals = [
                math.log(model.fmax_mhz(structure_from(row), block) / row["fmax_mhz"])
                for row in fit
            ]
            ones = np.ones((len(residuals), 1))
            (coefficient,) = _ridge(ones, np.array(residuals), [0.0], [PERIOD_RIDGE])
            values["period"][block] = round(coefficient, 4)


def _enough(own: Sequence[Row], both: Sequence[Row]) -> bool:
    """Whether a model can be fitted to a block's rows, and its error be told from both blocks'."""
    fit = sum(not row["held_out"] for row in own)
    tests = sum(row["held_out"] for row in both)
    return fit >= LEAST_FIT and tests >= LEAST_HELD_OUT


def _is_learning(row: Mapping[str, Any]) -> bool:
    return str(row["design"]["block"]) in LEARNING_BLOCKS


def fitted(target: str, rows: Sequence[Row]) -> dict[str, Any]:
    """A target's part of the model from the rows that are fitted to; without errors yet."""
    lut, cover = _fitted_luts(rows)
    values: dict[str, Any] = {
        "delays": asdict(DELAYS[target]),
        "lut": lut,
        "cover": cover,
        "period": {},
        "errors": {},
    }
    model = model_from(values)

    def luts(row: Row) -> float:
        return model.luts(structure_from(row).total, row["design"]["block"])

    values["period"] = _fitted_period([row for row in rows if row["fmax_mhz"]], luts)
    return values


def predicted(model: TargetModel, row: Row) -> dict[str, float | None]:
    """What the model says of a row's design; None where it was not fitted to such a block."""
    structure, block = structure_from(row), row["design"]["block"]
    total = structure.total
    clock = round(model.fmax_mhz(structure, block), 2) if model.has_clock(block) else None
    return {
        "lut": round(model.luts(total, block)) if model.has_luts(block) else None,
        "ff": total.ff,
        "bram": total.bram,
        "dsp": total.dsp,
        "fmax_mhz": clock,
    }


def _ratios(rows: Sequence[Row], unit: str) -> list[float]:
    """Measured by predicted, sorted; where nothing is there on either side 1."""
    ratios = []
    for row in rows:
        if row[unit] is not None and row["predicted"][unit] is not None:
            measurement, guess = row[unit], row["predicted"][unit]
            ratios.append(1.0 if measurement == guess else measurement / max(guess, 1e-9))
    return sorted(ratios)


def _middle(ratios: Sequence[float]) -> list[float]:
    """The middle 80 % of some ratios, 1 among them."""
    low, high = np.quantile(ratios, (0.1, 0.9))
    return [round(min(1.0, float(low)), 4), round(max(1.0, float(high)), 4)]


def _bars(tests: Sequence[Row]) -> dict[str, list[float]]:
    """The bars of a model by held-out rows; those of what it says nothing of are left out."""
    ratios = {
        name: _ratios(tests, unit)
        for name, unit in (("lut", "lut"), ("ff", "ff"), ("fmax", "fmax_mhz"))
    }
    return {name: _middle(each) for name, each in ratios.items() if each}


def errors(rows: Sequence[Row]) -> dict[str, Any]:
    """Errors of predicted rows: median and 90th percentile in percent, and how many are exact."""
    values: dict[str, Any] = {"designs": len(rows)}
    for unit in UNITS:
        parts = [abs(1 / ratio - 1) for ratio in _ratios(rows, unit)]
        values[unit] = {
            "designs": len(parts),
            "median_percent": round(100 * median(parts), 2) if parts else None,
            "p90_percent": round(100 * float(np.quantile(parts, 0.9)), 2) if parts else None,
            "exact": sum(part == 0 for part in parts),
        }
    return values


def report(rows: Sequence[Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report and the model, from all rows with features."""
    whole = [row for row in rows if "features" in row]
    targets, predictions = {}, []
    for target in DELAYS:
        own = [row for row in whole if row["target"] == target]
        learning = [row for row in own if _is_learning(row)]
        others = [row for row in own if not _is_learning(row)]
        values = fitted(target, [row for row in others if not row["held_out"]])
        _add_learning(values, learning)
        model = model_from(values)
        own = [{**row, "predicted": predicted(model, row)} for row in own]
        tests = [row for row in own if row["held_out"]]
        values["errors"] = _bars([row for row in tests if not _is_learning(row)])
        # both kinds together: of each by itself there are too few
        bars = _bars([row for row in tests if _is_learning(row)])
        values["errors_of"] = {block: bars for block in LEARNING_BLOCKS if block in values["cover"]}
        targets[target] = values
        predictions += own
    predictions.sort(key=lambda row: row["number"])
    tests = [row for row in predictions if row["held_out"]]
    values = {
        "schema_version": SCHEMA,
        "command": "python -m campaigns.price --out reports",
        "hardware_measurement_claimed": False,
        "tools": predictions[0]["tools"],
        "failed": [
            {key: row[key] for key in ("number", "target", "failed")}
            for row in rows
            if "failed" in row
        ],
        "held_out": errors([row for row in tests if not _is_learning(row)]),
        "held_out_by_target": {
            target: errors(
                [row for row in tests if row["target"] == target and not _is_learning(row)]
            )
            for target in DELAYS
        },
        "held_out_by_block": {
            block: errors([row for row in tests if row["design"]["block"] == block])
            for block in sorted({row["design"]["block"] for row in tests})
        },
        "held_out_later": errors(
            [row for row in tests if row["number"] >= FORM_CHOSEN and not _is_learning(row)]
        ),
        "held_out_learning": {
            target: errors([row for row in tests if _is_learning(row) and row["target"] == target])
            for target in LEARNING_TARGETS
        },
        "fitted_to": errors(
            [row for row in predictions if not row["held_out"] and not _is_learning(row)]
        ),
        "learning_drawn": LEARNING,
        "least": (
            f"A target has a figure where {LEAST_FIT} designs of the block were fitted to and"
            f" {LEAST_HELD_OUT} of both were held out."
        ),
        "fitted_to_learning": errors(
            [row for row in predictions if not row["held_out"] and _is_learning(row)]
        ),
        "rows": predictions,
    }
    return values, {"schema_version": MODEL_SCHEMA, "tools": values["tools"], "targets": targets}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, fit, and write report and model."""
    parser = argparse.ArgumentParser(prog="campaigns.price", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build") / "price")
    parser.add_argument("--rows", type=Path, help="rows of earlier runs, one in a line")
    parser.add_argument("--count", type=int, default=COUNT, help="designs")
    parser.add_argument("--fit", type=int, default=FIT, help="from here on held-out designs alone")
    parser.add_argument("--learning", type=int, default=LEARNING, help="networks that learn")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for one design")
    parser.add_argument("--until", type=float, default=1e9, help="seconds for all")
    parser.add_argument("--model", type=Path, default=MODEL_FILE, help="file of the model")
    options = parser.parse_args(arguments)
    file = options.rows or options.build / "rows.jsonl"
    measure(
        options.count,
        options.fit,
        options.learning,
        file,
        options.build,
        options.limit,
        options.until,
    )
    rows = [row for row in map(with_features, kept(file)) if row is not None]
    rewrite(file, rows)
    values, model = report(rows)
    values["changed_since"] = [
        row["number"] for row in rows if "failed" not in row and has_changed(row)
    ]
    write_json(options.out / "price.json", values)
    write_json(options.model, model)
    write_report(options.out, "price", markdown(values))


if __name__ == "__main__":
    main()
