"""Public NIR files in hardware: `python -m campaigns.nir_public FOLDER --out reports`.

FOLDER is a copy of github.com/neuromorphs/NIR (the files stay there; they are others' work). Each
file of its folder `paper` is imported with what its exporter left open, calibrated on random
spikes, and its spikes in integers are compared with those in floating point: on the spikes it was
calibrated on, on spikes of two other seeds, and with the widths of the import's default.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.files import write_json
from sc_model.evaluation import agreement, samples_for
from sc_model.interchange import import_design, read, to_layers
from sc_model.spec import ConfigError

SCHEMA = "sc-hw.nir-public.v1"
REVISION = "7232ada6d30e1beea78b180a5135b1a3bb3d3bc0"  # that the answers below were found in
OTHER_SEEDS = (101, 202)
MAY_DIFFER = 0.01


@dataclass(frozen=True)
class Network:
    """A file and what its exporter left open.

    Members
    -------
    file : below the repository's folder `paper`.
    answers : arguments of `read`.
    why : where the answers come from.
    """

    file: str
    answers: dict[str, Any] = field(default_factory=dict)
    why: str = ""


def _answers(dt_ms: float, reset: str, *, delay: bool = False, **more: Any) -> dict[str, Any]:
    return {"dt_ms": dt_ms, "reset": reset, "reset_delay": delay, **more}


SNNTORCH = "snnTorch; its notebooks say which reset it was trained with"
WITHIN = {"source": "snntorch", "reset_delay": True}

# Answers as docs/nir_sources.md has them.
NETWORKS = (
    Network(
        "01_lif/lif_norse.nir",
        {"source": "norse-seconds", "dt_ms": 0.1, "reset": "zero"},
        "time constants in seconds; the paper steps it by 0.1 ms",
    ),
    Network("01_lif/lif_rockpool.nir", _answers(0.1, "subtract"), "the paper steps it by 0.1 ms"),
    Network(
        "01_lif/debug_spike_representation/two_lif_neurons.nir",
        _answers(1.0, "zero"),
        "its script steps it by 1 ms",
    ),
    Network("03_rnn/braille_noDelay_bias_zero.nir", WITHIN | {"reset": "zero"}, SNNTORCH),
    Network("03_rnn/braille_noDelay_noBias_subtract.nir", WITHIN | {"reset": "subtract"}, SNNTORCH),
    Network(
        "03_rnn/extras/braille_noDelay_bias_zero_subgraph.nir", WITHIN | {"reset": "zero"}, SNNTORCH
    ),
    Network(
        "03_rnn/extras/braille_noDelay_noBias_subtract_subgraph.nir",
        WITHIN | {"reset": "subtract"},
        SNNTORCH,
    ),
    Network("02_cnn/cnn_sinabs.nir", _answers(1000.0, "subtract"), "sinabs counts time in steps"),
)


def row_of(folder: Path, network: Network, seed: int) -> dict[str, Any]:
    """The result of one file: widths and agreement, or why it can't be imported."""
    row: dict[str, Any] = {"file": network.file, "answers": network.answers, "why": network.why}
    file = folder / "paper" / network.file
    try:
        layers = to_layers(read(file, **network.answers))
        result = import_design(file, calibrate=f"random:{seed}", **network.answers)
        default = import_design(file, **network.answers)
    except ConfigError as error:
        return {**row, "imported": False, "error": _plain(error, folder)}
    if result.report.agreement is None or result.design.network is None:
        raise RuntimeError(f"{file}: a calibrated import must measure the agreement")
    others = [
        agreement(
            layers, result.design.network, result.parameters, samples_for(layers, f"random:{each}")
        )
        for each in OTHER_SEEDS
    ]
    agreements = (result.report.agreement, *others)
    return {
        **row,
        "imported": True,
        "widths": list(result.report.widths),
        "findings": [each.text for each in result.report.findings],
        "agreement": [each.as_json() for each in agreements],
        "default_widths": list(default.report.widths),
        "default_agreement": default.report.agreement and default.report.agreement.as_json(),
        "passed": all((each.share or 0.0) <= MAY_DIFFER for each in agreements),
    }


def collect(folder: Path, seed: int) -> dict[str, Any]:
    """The results of all files."""
    rows = [row_of(folder, each, seed) for each in NETWORKS]
    return {
        "schema": SCHEMA,
        "repository": "github.com/neuromorphs/NIR",
        "revision": REVISION,
        "seed": seed,
        "other_seeds": list(OTHER_SEEDS),
        "may_differ": MAY_DIFFER,
        "rows": rows,
    }


def _plain(error: ConfigError, folder: Path) -> str:
    """The text of an error without the place of the folder."""
    return str(error).replace(f"{folder}", "FOLDER")


def markdown(report: dict[str, Any]) -> str:
    """The page of a report."""
    lines = [
        "# Public NIR files in hardware",
        "",
        f"Made by `python -m campaigns.nir_public FOLDER --seed {report['seed']} --out reports`,"
        f" FOLDER a copy of {report['repository']} at {report['revision'][:12]}. Each file is"
        " imported as `sc-hw",
        f"import FILE --calibrate random:{report['seed']}` does; 'differing' counts spikes of all"
        " layers that float or integers have alone, in per cent of the float ones. The other two",
        "columns are spikes that nothing was chosen by.",
        "",
        "| file | told | weights, leaks, fraction of each layer | float spikes | differing |"
        + "".join(f" seed {seed} |" for seed in report["other_seeds"]),
        "|---|---|---|---|---|" + "---|" * len(report["other_seeds"]),
    ]
    for row in report["rows"]:
        answers = ", ".join(f"{name} {value}" for name, value in row["answers"].items())
        if not row["imported"]:
            lines.append(f"| {row['file']} | {answers} | not imported | | |" + " |" * 2)
            continue
        first, *others = row["agreement"]
        widths = "; ".join(each.split("': ")[1] for each in row["widths"])
        cells = [
            row["file"],
            answers,
            widths,
            f"{sum(first['floats'].values()):,}",
            _share(first),
            *(_share(each) for each in others),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    refused = [row for row in report["rows"] if not row["imported"]]
    if refused:
        lines += ["", "Not imported:", ""]
        lines += [f"* `{row['file']}`: {row['error']}" for row in refused]
    return "\n".join(lines) + "\n"


def _share(counts: dict[str, Any]) -> str:
    """Differing spikes in per cent; a dash where nothing spikes."""
    share = counts["differing_share"]
    return "-" if share is None else f"{100 * share:.2g} %"


def main(arguments: list[str] | None = None) -> int:
    """Import the files and write `nir_public.json` and `.md`; 1 where spikes differ by too much."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.nir_public", description=__doc__)
    parser.add_argument("folder", type=Path, help="a copy of github.com/neuromorphs/NIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args(arguments)
    report = collect(options.folder, options.seed)
    write_json(options.out / "nir_public.json", report)
    write_report(options.out, "nir_public", markdown(report))
    return 0 if all(row.get("passed", True) for row in report["rows"]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
