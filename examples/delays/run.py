"""Learned delays against random ones and none: writes `delays.json`, `delays.md` and `delays.png`.

    python examples/delays/run.py --out reports [--seeds 10] [--build build]

Less than a minute a seed on one core. What a seed has found is kept in `BUILD/delays/`, so that a
run that was stopped goes on where it was. README.md says what the task is and how the settings were
chosen.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from network import (
    BATCH,
    LONGEST,
    TASK,
    TEST,
    TRAIN,
    TUNE_PART,
    UPDATES,
    VALIDATE,
    Kind,
    accuracy,
    fixed_point_accuracy,
    in_integers,
    integers,
    network,
    rounded,
    stream,
    tensors,
    train,
    tuned,
)
from task import CLASSES, LAGS

from sc_hw.files import replacing
from sc_hw.seeds import SPREAD_HEAD, once, spread, spread_cells
from sc_model.training import DenseQuantiser

SCHEMA = "sc-hw.delays.v1"
KINDS: tuple[Kind, ...] = get_args(Kind)
RATES, DELAY_RATES = (0.01, 0.03, 0.06), (0.05, 0.1)
SETTINGS_SEEDS = (
    100,
    101,
)  # task and learning rates were chosen on these, and nothing is reported of them but that
VALIDATION, TESTED = 500, 1_000  # sequences
QUANTISER = DenseQuantiser(weight_bits=8)
STAGES = {
    "float": "as trained",
    "rounded": "delays rounded to whole ticks, nothing else",
    "integers": "all in integers: weights of 8 bits, leaks, thresholds, delays",
    "tuned": "integers, after training on with them",
}


def settings(folder: Path) -> dict[str, dict[str, float]]:
    """Mean validation accuracy over the settings' seeds: by kind, and by learning rates as text."""
    shares: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        for rate in RATES:
            for delay_rate in DELAY_RATES if kind == "learned" else (0.0,):
                right = []
                for seed in SETTINGS_SEEDS:

                    def make(
                        kind: Kind = kind,
                        seed: int = seed,
                        rate: float = rate,
                        delay_rate: float = delay_rate,
                    ) -> float:
                        net = network(kind, seed)
                        train(net, rate, delay_rate, seed, TRAIN)
                        return accuracy(net, *tensors(VALIDATION, stream(seed, VALIDATE)))

                    right.append(
                        once(folder / f"settings-{kind}-{rate}-{delay_rate}-{seed}.json", make)
                    )
                shares.setdefault(kind, {})[f"{rate} {delay_rate}"] = statistics.mean(right)
                print(
                    f"settings: {kind:8} rates {rate} {delay_rate}: {statistics.mean(right):.3f}",
                    flush=True,
                )
    return shares


def best_rates(shares: dict[str, dict[str, float]], kind: Kind) -> tuple[float, float]:
    """Learning rates of weights and delays that did best on the settings' seeds."""
    best = max(shares[kind], key=lambda rates: shares[kind][rates])
    rate, delay_rate = best.split()
    return float(rate), float(delay_rate)


def one(kind: Kind, seed: int, rates: tuple[float, float]) -> dict[str, Any]:
    """Accuracies of one kind in one seed, with what rounding does to its numbers."""
    net = network(kind, seed)
    train(net, *rates, seed, TRAIN)
    x, labels = tensors(TESTED, stream(seed, TEST))
    fine = tuned(net, QUANTISER, rates[0], seed)
    figures: dict[str, Any] = {
        "float": accuracy(net, x, labels),
        "rounded": accuracy(rounded(net), x, labels),
        "integers": fixed_point_accuracy(in_integers(net, QUANTISER), x, labels),
        "tuned": fixed_point_accuracy(fine, x, labels),
        "errors": {
            layer.spec.name: {what: vars(error) for what, error in layer.errors.items()}
            for layer in integers(in_integers(net, QUANTISER))
        },
        "moved": moved(kind, seed, net),
    }
    print(
        f"seed {seed}, {kind:8}: " + ", ".join(f"{stage} {figures[stage]:.3f}" for stage in STAGES),
        flush=True,
    )
    return figures


def moved(kind: Kind, seed: int, net: torch.nn.Sequential) -> float:
    """Mean distance in ticks from where delays began."""
    with torch.no_grad():
        return float(
            (net[0].synapses.effective_delay() - network(kind, seed)[0].synapses.effective_delay())
            .abs()
            .mean()
        )


# --- report ---------------------------------------------------------------------------------------


def summary(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Spreads over the seeds, and of the differences seed by seed."""
    values = {
        kind: {stage: [seed[kind][stage] for seed in seeds] for stage in STAGES} for kind in KINDS
    }
    pairs = {"random over none": ("random", "none"), "learned over random": ("learned", "random")}
    return {
        "accuracy": {
            kind: {stage: spread(shares) for stage, shares in by.items()}
            for kind, by in values.items()
        },
        "differences": {
            name: {
                stage: spread(
                    [a - b for a, b in zip(values[more][stage], values[less][stage], strict=True)]
                )
                for stage in STAGES
            }
            for name, (more, less) in pairs.items()
        },
        "lost_by_rounding": spread(
            [seed["learned"]["integers"] - seed["learned"]["float"] for seed in seeds]
        ),
        "won_by_tuning": spread(
            [seed["learned"]["tuned"] - seed["learned"]["integers"] for seed in seeds]
        ),
        "moved": spread([seed["learned"]["moved"] for seed in seeds]),
    }


def markdown(report: dict[str, Any]) -> str:
    """The report's page: accuracies, errors by rounding, learning rates."""
    lines = [*accuracies(report), "", *errors_by_rounding(report), "", *learning_rates(report)]
    return "\n".join(lines) + "\n"


def accuracies(report: dict[str, Any]) -> list[str]:
    """Lines about the accuracy of each kind of delays, and the differences between them."""
    total, count = report["summary"], len(report["seeds"])
    lines = [
        "# Delays: none, random, learned",
        "",
        f"Made by `{report['command']}`; {count} seeds, {TESTED:,} test sequences each.",
        (
            "The task, the protocol and what the rows mean:"
            " [examples/delays/README.md](../examples/delays/README.md)."
        ),
        f"Share of right answers; chance is {1 / CLASSES:.2f}. `sd` is over seeds.",
        "",
        "![accuracies](delays.png)",
        "",
        f"| delays | numbers {SPREAD_HEAD[0]}",
        f"|---|---{SPREAD_HEAD[1]}",
    ]
    for kind in KINDS:
        lines += [
            f"| {kind} | {text} | {spread_cells(total['accuracy'][kind][stage])}"
            for stage, text in STAGES.items()
        ]
    lines += [
        "",
        "Seed by seed:",
        "",
        f"| difference | numbers {SPREAD_HEAD[0]}",
        f"|---|---{SPREAD_HEAD[1]}",
    ]
    for name, by in total["differences"].items():
        lines += [
            f"| {name} | {text} | {spread_cells(by[stage], '+')}" for stage, text in STAGES.items()
        ]
    lines += [
        f"| learned: integers over float | | {spread_cells(total['lost_by_rounding'], '+')}",
        f"| learned: tuned over integers | | {spread_cells(total['won_by_tuning'], '+')}",
        "",
        (
            f"Learned delays moved by {total['moved']['mean']:.2f} ticks in the mean (sd over seeds"
            f" {total['moved']['sd']:.2f}) of"
        ),
        (
            f"the {LONGEST} that they may have. `tuned` has {UPDATES // TUNE_PART} updates more"
            " than the others; it has them for"
        ),
        "all three kinds of delays.",
    ]
    return lines


def errors_by_rounding(report: dict[str, Any]) -> list[str]:
    """Lines about what rounding changes in the numbers of the layers."""
    lines = [
        "## What rounding does to the numbers",
        "",
        "Learned delays, mean over the seeds, before fine-tuning.",
        "",
        (
            "| layer | number | largest error | RMS error | largest, relative | RMS, relative |"
            " clipped |"
        ),
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for layer, errors in report["seeds"][0]["learned"]["errors"].items():
        for what in errors:
            losses = [seed["learned"]["errors"][layer][what] for seed in report["seeds"]]
            mean = {key: statistics.mean(each[key] for each in losses) for key in losses[0]}
            cells = [
                f"{mean[key]:.2g}" for key in ("largest", "rms", "relative_largest", "relative_rms")
            ]
            lines.append(f"| {layer} | {what} | {' | '.join(cells)} | {mean['clipped']:.3g} |")
    lines += [
        "",
        (
            "Weights and thresholds in float units, leaks as the share that is left after a tick,"
            " delays in ticks; relative to the"
        ),
        "largest and to the root mean square of the numbers.",
    ]
    return lines


def learning_rates(report: dict[str, Any]) -> list[str]:
    """Lines about the validation by which the learning rates were chosen."""
    lines = [
        "## Learning rates",
        "",
        (
            f"Mean validation accuracy over the seeds {report['protocol']['settings_seeds']}, which"
            " are not among those reported."
        ),
        "",
        "| delays | rate of weights | rate of delays, ticks | accuracy |",
        "|---|--:|--:|--:|",
    ]
    for kind, accuracies in report["settings"].items():
        lines += [
            f"| {kind} | {' | '.join(rates.split())} | {value:.3f} |"
            for rates, value in accuracies.items()
        ]
    return lines


def picture(report: dict[str, Any], file: Path) -> None:
    """Every seed a point, means as bars."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    colours = dict(zip(KINDS, ("#999999", "#4477aa", "#ee6677"), strict=True))
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for place, stage in enumerate(STAGES):
        for offset, kind in enumerate(KINDS):
            values = [seed[kind][stage] for seed in report["seeds"]]
            x = place + (offset - 1) * 0.27
            axes.bar(
                x,
                statistics.mean(values),
                0.25,
                color=colours[kind],
                alpha=0.5,
                label=kind if not place else None,
            )
            axes.plot(
                x + np.linspace(-0.08, 0.08, len(values)),
                values,
                ".",
                color=colours[kind],
                markersize=5,
            )
    axes.axhline(1 / CLASSES, color="black", linewidth=0.8, linestyle=":")
    axes.set_xticks(
        range(len(STAGES)), ["as trained", "whole delays", "integers", "integers, tuned"]
    )
    axes.set(
        ylim=(0, 1),
        ylabel="share of right answers",
        title=f"Lag between two ears, {CLASSES} lags, {len(report['seeds'])} seeds",
    )
    figure.legend(title="delays", loc="outside right upper")
    with replacing(file) as temporary:
        figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Run what is missing and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.build / "delays"
    rates = settings(folder)
    seeds = [
        {"seed": seed}
        | {
            kind: once(
                folder / f"seed{seed}-{kind}.json",
                lambda k=kind, s=seed: one(k, s, best_rates(rates, k)),
            )
            for kind in KINDS
        }
        for seed in range(options.seeds)
    ]
    report = {
        "schema": SCHEMA,
        "command": f"python examples/delays/run.py --out reports --seeds {options.seeds}",
        "made_with": {
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "protocol": {
            "updates": UPDATES,
            "batch": BATCH,
            "validation": VALIDATION,
            "test": TESTED,
            "settings_seeds": list(SETTINGS_SEEDS),
            "task": vars(TASK) | {"lags": list(LAGS)},
        },
        "summary": summary(seeds),
        "settings": rates,
        "seeds": seeds,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("delays.json", json.dumps(report, indent=1) + "\n"),
        ("delays.md", markdown(report)),
    ):
        with replacing(options.out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    picture(report, options.out / "delays.png")


if __name__ == "__main__":
    main()
