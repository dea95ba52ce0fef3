"""`sc-hw evaluate`: right answers of an imported network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Root,
    out,
    print_json,
    progress_lines,
)
from sc_hw.errors import EXIT_FAILED


def evaluate(
    design: DesignFile,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Samples (.npz): spikes (samples, steps, inputs) and labels (samples,), or a"
            " recording.",
        ),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Classes of the samples (.npy); by default those in DATA.")
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(help="Integers of the layers (.npz); by default those beside the design."),
    ] = None,
    nir: Annotated[
        Path | None,
        typer.Option(
            help="The network in floating point; by default what the design was imported from."
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="The first so many samples; by default all.")
    ] = None,
    rtl: Annotated[
        int,
        typer.Option(min=0, help="So many samples run in the Verilog (Verilator) too."),
    ] = 0,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Count the right answers of an imported network: in floating point, in integers, in Verilog.

    Each sample begins after a reset; the output that spikes most is the answer.
    """
    from sc_hw.simulation.evaluation import answer_table
    from sc_hw.simulation.evaluation import evaluate as run_evaluate

    with progress_lines(as_json) as progress:
        result = run_evaluate(
            design,
            data,
            parameters=parameters,
            labels=labels,
            samples=samples,
            nir=nir,
            rtl=rtl,
            root=build,
            progress=progress,
        )
    if as_json:
        print_json(result)
    else:
        out.print(answer_table(result), markup=False)
    if not result["passed"]:
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw evaluate digits_snn/digits_snn.toml digits.npz --rtl 2")(
        evaluate
    )
