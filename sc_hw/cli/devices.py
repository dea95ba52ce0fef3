"""`sc-hw run`, `selftest` and `sim-board`: a design on its model, its RTL, or a board."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.text import Text

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Root,
    out,
    print_json,
    progress_lines,
    verdict,
)
from sc_hw.errors import EXIT_FAILED
from sc_model.spec import ConfigError
from sc_model.texts import shown

MAX_STEPS = 10_000_000
BARS = " ▁▂▃▄▅▆▇█"
Baud = Annotated[
    int | None,
    typer.Option(min=300, max=12_000_000, help="Bits a second of the port; else the design's."),
]


def run(
    design: DesignFile,
    on: Annotated[
        str, typer.Option("--on", help="model, rtl, sim-board, or the port of a board.")
    ] = "model",
    steps: Annotated[
        int | None, typer.Option(min=1, max=MAX_STEPS, help="Steps; all of a recording.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random stimulus.")] = 1,
    events: Annotated[
        Path | None, typer.Option(help="Recording (.npz) to replay in place of random stimulus.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE: a run-time parameter of the rule."),
    ] = None,
    baud: Baud = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Run a design and show its spikes, weights and rates as it goes."""
    from sc_hw.simulation.running import run_design

    with progress_lines(as_json) as progress:
        running = run_design(
            design,
            on,
            steps=steps,
            seed=seed,
            events=events,
            root=build,
            baud=baud,
            settings=_settings(settings or []),
            progress=progress,
        )
        first = next(running)
    if as_json:
        *_, last = first, *running
        print_json(last.as_json())
    elif out.is_terminal:
        with Live(_view(first), console=out) as live:
            for now in running:
                live.update(_view(now))
    else:
        for now in chain((first,), running):
            out.print("; ".join(_parts(now)), markup=False)


def _parts(now: Any) -> list[str]:
    """A portion of a run: steps, spikes, modulators, weights."""
    parts = [f"step {now.step} of {now.steps}"]
    if now.spikes is not None:
        parts.append(f"{now.spikes} spikes, {now.rate:.4f} a neuron and step")
    parts += [f"mean {name} {value:.2f}" for name, value in now.modulators.items()]
    if now.histogram:
        parts.append(f"weights {now.least} to {now.greatest}, mean {now.mean:.1f}")
    return parts


def _settings(texts: list[str]) -> dict[str, int]:
    """Run-time parameters, as `--set` gives them; ConfigError for what is no NAME=INTEGER."""
    settings = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            settings[name] = int(value)
        except ValueError:
            raise ConfigError(f"--set must be NAME=INTEGER, not {shown(text)}.") from None
    return settings


def _view(now: Any) -> Text:
    """The same for a terminal, a line each, with a histogram of the weights.

    Rows are cut at the terminal's edge, and rows that are wrapped can't be drawn over.
    """
    rows = _parts(now)
    if now.histogram:
        rows.append(f"{now.least:>8} |{_bars(now.histogram)}| {now.greatest}")
    # Of several layers each below, in the same range; names are cut to the width of a number.
    rows += [f"{name[:8]:>8} |{_bars(counts)}|" for name, counts in now.layers.items()]
    return Text("\n".join(rows))


def _bars(counts: list[int]) -> str:
    """A histogram as bars."""
    most = max(1, *counts)
    return "".join(BARS[-(-count * (len(BARS) - 1) // most)] for count in counts)


def selftest(
    port: Annotated[str, typer.Argument(metavar="PORT", help="Port of a board, or sim-board.")],
    design: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DESIGN]",
            help="Design file, or a build's folder; else the build that the board says it is.",
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, max=MAX_STEPS, help="Random steps against the model.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is random.")] = 1,
    baud: Baud = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Test a board: link, memories, steps against the model, counters and clock."""
    from sc_hw.simulation.selftest import selftest as run_selftest

    with progress_lines(as_json) as progress:
        report = run_selftest(
            port, design, steps=steps, seed=seed, root=build, baud=baud, progress=progress
        )
    if as_json:
        print_json(report)
    else:
        for name, test in report["tests"].items():
            rest = ", ".join(
                f"{key} {value}" for key, value in test.items() if key not in ("passed", "spaces")
            )
            word = "not judged" if test["passed"] is None else verdict(test["passed"])
            out.print(f"{name:<9} {word} {rest}".rstrip())
            for space, one in test.get("spaces", {}).items():
                wrong = f"{one['wrong']} wrong" + (f", {one['first']}" if one["first"] else "")
                out.print(f"          {space}: {one['words']} words, {wrong}", markup=False)
        out.print(f"{verdict(report['passed'])}: {report['file']}")
    if not report["passed"]:
        raise typer.Exit(EXIT_FAILED)


def sim_board(
    design: DesignFile,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="No faster than a board with that clock.")
    ] = False,
    noise: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of bytes in which a bit is flipped.")
    ] = 0.0,
    board: Annotated[
        str | None,
        typer.Option(
            metavar="BOARD",
            help="Board (a name or file) whose own top is simulated: pins, PLL, reset, LEDs.",
        ),
    ] = None,
    build: Root = DEFAULT_ROOT,
) -> None:
    """Simulate a design's board behind a serial port of this machine, until Ctrl-C."""
    from sc_hw.boards import load_board
    from sc_hw.build.elaborate import elaborate
    from sc_hw.simulation.board.pseudo_terminal import PseudoTerminal
    from sc_hw.simulation.board.top import simulated_board
    from sc_hw.simulation.on_board import check_on_board
    from sc_model.spec import load_design

    with progress_lines(False) as progress:
        subject = load_design(design)
        own_board = None if board is None else load_board(board)
        check_on_board(subject)
        progress(f"{subject.name}: elaborating, and compiling unless that is kept")
        top = None
        if own_board is None:
            board_build = elaborate(subject if subject.host else subject.behind("uart"), build)
        else:
            board_build, top = simulated_board(subject, own_board, build)
        port = PseudoTerminal.of_build(board_build.folder, real_time=real_time, board=top)
    with port:
        port.disturb(noise)
        out.print(
            f"{subject.name}, build {board_build.id}: {port.name} at {port.baud} baud",
            markup=False,
        )
        with suppress(KeyboardInterrupt):  # as a cable is pulled
            port.join()


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw run layer.toml --on sim-board --steps 1000")(run)
    app.command(name="sim-board", epilog="Example: sc-hw sim-board layer.toml --real-time")(
        sim_board
    )
    app.command(epilog="Example: sc-hw selftest /dev/ttyUSB1 layer.toml")(selftest)
