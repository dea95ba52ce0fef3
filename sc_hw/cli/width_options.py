"""Options of `sc-hw import` for the widths of integers; each says its range and its default."""

from __future__ import annotations

from typing import Annotated

import typer

PANEL = "Widths; those not given are chosen so that spikes agree"

WeightBits = Annotated[
    int | None,
    typer.Option(
        help="Signed bits of a weight, 2 to 18; chosen by default.", rich_help_panel=PANEL
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        help="A weight's unit: tensor (one a layer) or row (one a neuron); by default one of which"
        " all weights are multiples, or else row.",
        rich_help_panel=PANEL,
    ),
]
Leak = Annotated[
    str,
    typer.Option(help="How potentials leak: factor (multiplier) or shift.", rich_help_panel=PANEL),
]
LeakBits = Annotated[
    int | None,
    typer.Option(
        "--leak-bits",
        help="Binary places of a leak factor, of potentials and of synaptic currents, 4 to 16;"
        " chosen by default, 12 or more. In a layer with time constants: of a decay factor, 12.",
        rich_help_panel=PANEL,
    ),
]
Fraction = Annotated[
    int | None,
    typer.Option(
        help="Binary places of potentials and thresholds below a weight's unit, 0 to 16; chosen by"
        " default, 4 or more.",
        rich_help_panel=PANEL,
    ),
]
ThresholdBits = Annotated[
    int | None,
    typer.Option(
        help="Unsigned bits of a threshold, 2 to 40; by default as many as the largest needs.",
        rich_help_panel=PANEL,
    ),
]
PotentialBits = Annotated[
    int | None,
    typer.Option(
        help="Signed bits of potentials and synaptic currents, which saturate, 0 to 48; 0: enough"
        " for two ticks' input; by default for all inputs together for long.",
        rich_help_panel=PANEL,
    ),
]
MaxDelay = Annotated[
    int | None,
    typer.Option(
        help="Longest delay of a synapse, in steps, 0 to 63; by default the longest there is.",
        rich_help_panel=PANEL,
    ),
]
TraceBits = Annotated[
    int | None,
    typer.Option(
        help="Unsigned bits of a synapse's trace, 4 to 32; by default 17.", rich_help_panel=PANEL
    ),
]
TraceFraction = Annotated[
    int | None,
    typer.Option(help="Binary places of a trace, 0 to 24; by default 10.", rich_help_panel=PANEL),
]
CodeBits = Annotated[
    int | None,
    typer.Option(
        help="Bits of a decay code, 1 to 10; by default 6, or 8 where 6 miss a time constant by"
        " more than 5 %.",
        rich_help_panel=PANEL,
    ),
]
Terms = Annotated[
    int | None,
    typer.Option(
        help="Shifted copies that make a decay, 0 to 4, 0 for a multiplier; by default 3, or 0"
        " where 3 miss a time constant by more than 5 %.",
        rich_help_panel=PANEL,
    ),
]
TauMin = Annotated[
    float | None,
    typer.Option(
        "--tau-min-ms",
        help="Shortest time constant of decay codes, ms, > 0; by default 0.5, or the shortest there"
        " is.",
        rich_help_panel=PANEL,
    ),
]
TauMax = Annotated[
    float | None,
    typer.Option(
        "--tau-max-ms",
        help="Longest time constant of decay codes, ms; by default 100, or the longest there is.",
        rich_help_panel=PANEL,
    ),
]
Calibrate = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|random[:SEED]",
        help="Spikes (.npz or .npy, or random ones) on which the network runs in floating point and"
        " in integers; the narrowest weights are taken with which they agree.",
    ),
]
MayDiffer = Annotated[
    float | None,
    typer.Option(
        "--may-differ",
        metavar="PER_CENT",
        help="Spikes of a layer that may differ with --calibrate, in per cent, 0 to 100; by"
        " default 1.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse a network of which rounding takes more than it should."),
]
