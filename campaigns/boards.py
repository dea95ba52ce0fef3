"""The example of every board: its bitstream, size, clock and rate.

`python -m campaigns.boards --out reports` writes boards.json and boards.md. A board whose example
is refused is in the table with the reason. `--constraints DIR` writes the constraint files of all
boards, and those of an example network with two clocks, and builds nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.bitstream.build import build_board
from sc_hw.bitstream.flows import load_flow
from sc_hw.boards import board_file, board_names, load_board
from sc_hw.boards.resources import ports_of
from sc_hw.build.constraints import Clock, constraint_files
from sc_hw.build.elaborate import make
from sc_hw.errors import BoardError
from sc_hw.files import write_json, write_text
from sc_model.spec import ConfigError, load_design

SCHEMA = "sc-hw.boards.v1"
NETWORK = Path(__file__).parents[1] / "examples" / "network.toml"
KEYS = (
    *("design", "block", "synapses", "build_id", "target", "lut", "ff", "bram", "dsp", "placed"),
    *("resources", "clock", "seed", "fmax_mhz", "timing_met", "timing_reason", "critical_path"),
    *("updates_per_s", "bitstream", "bitstream_bytes", "bitstream_reason", "check", "seconds"),
    *("verilog_sha256", "bitstream_sha256", "connection", "tools"),
)


def measure(name: str, seeds: int, root: Path) -> dict[str, Any]:
    """A board's row: its report, or why there is none."""
    board = load_board(name)
    file = board_file(board)
    if file is None:
        return {"board": name, "title": board.title, "refused": "the board has no example design"}
    try:
        report = build_board(load_design(file), board, seeds=seeds, root=root, progress=print)
    except BoardError as error:
        return {"board": name, "title": board.title, "refused": str(error)}
    row = {key: report[key] for key in KEYS}
    return {"board": name, "title": board.title, "refused": None, **row}


def constraint_texts() -> dict[str, str]:
    """Constraint files by path: of each board at its own clock, and of the example network."""
    texts = {}
    for name in board_names():
        board = load_board(name)
        flow = load_flow(board.flow)
        text = flow.constraints(board, ports_of(board), flow.clocking(board, board.mhz))
        texts[f"boards/{name}/{flow.constraint_file}"] = text
        for file, other in flow.other_files(board).items():
            texts[f"boards/{name}/{file}"] = other
    network = make(load_design(NETWORK))
    clocks = [
        Clock(domain["clock"], domain["role"], domain["mhz"] * 1e6)
        for domain in network.manifest["domains"]
    ]
    for file, text in constraint_files(clocks, network.crossings).items():
        texts[f"networks/{network.manifest['design']['name']}/{file}"] = text
    return texts


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table of all boards."""
    lines = [
        "# Boards",
        "",
        "Made by `python -m campaigns.boards --out reports`.",
        "",
        "`hardware_measurement_claimed: false`. No board was at hand: these are the figures of"
        " Yosys and nextpnr, and each bitstream was unpacked again and compared. None has been"
        " loaded into a board.",
        "",
        "| board | example | LUT | FF | BRAM | DSP | clock, MHz | nextpnr, MHz | 10^6 updates/s"
        " | bitstream, bytes | seconds |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    notes: list[str] = []
    for row in rows:
        if row["refused"]:
            notes.append(f"{row['title']}: {row['refused']}")
            lines.append(f"| {row['title']} | refused [{len(notes)}] |" + " – |" * 9)
            continue
        fmax, size = _number(row["fmax_mhz"]), _number(row["bitstream_bytes"])
        if row["fmax_mhz"] is None:
            notes.append(f"{row['title']}: {row['timing_reason']}")
            fmax = f"– [{len(notes)}]"
        if row["bitstream_bytes"] is None:
            notes.append(f"{row['title']}: {row['bitstream_reason']}")
            size = f"– [{len(notes)}]"
        units = [_share(row["resources"][unit]) for unit in ("lut", "ff", "bram", "dsp")]
        lines.append(
            f"| {row['title']} | {row['design']}, {row['synapses']:,} synapses |"
            f" {' | '.join(units)} | {row['clock']['mhz']:g} | {fmax} |"
            f" {row['updates_per_s'] / 1e6:.1f} | {size} | {_number(row['seconds'])} |"
        )
    lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1)), ""]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


def _share(row: dict[str, Any]) -> str:
    of = f" of {row['available']:,}" if row["available"] is not None else ""
    return f"{row['used']:,}{of}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the examples and write the reports, or write the constraint files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--board", action="append", help="only this one; may be repeated")
    parser.add_argument("--constraints", type=Path, help="write constraint files there, and end")
    options = parser.parse_args(arguments)
    if options.constraints is not None:
        for name, text in constraint_texts().items():
            write_text(options.constraints / name, text)
        return
    names = options.board or board_names()
    try:
        rows = [measure(name, options.seeds, options.build) for name in names]
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    values = {
        "schema_version": SCHEMA,
        "command": "python -m campaigns.boards --out reports",
        "hardware_measurement_claimed": False,
        "boards": rows,
    }
    write_json(options.out / "boards.json", values)
    write_report(options.out, "boards", markdown(rows))


if __name__ == "__main__":
    main()
