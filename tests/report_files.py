"""Files that stages leave, made up for tests of reports: no figure in here was measured."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from sc_model.rules import load_rule

FAMILY = "reward_modulated_stdp"


REASON = "fixture: no timing <for> this | device"


MANIFEST: dict[str, Any] = {
    "schema_version": "sc-hw.manifest.v1",
    "id": "0123456789ab",
    "design": {
        "name": "fixture",
        "block": "bank",
        "synapses": 8,
        "fabric": "generic",
        "seed": 7,
        "rule": {"family": FAMILY, "parameters": {}},
    },
    "top": "synapse_bank",
    "verilog": "top.v",
    "verilog_sha256": "a" * 64,
    "rule": {
        "family": FAMILY,
        "source_sha256": hashlib.sha256(load_rule(FAMILY).source.encode()).hexdigest(),
        "parameters": {"weight_bits": 16, "learning_shift": 4},
        "state": [
            {
                "name": "weight",
                "width": 16,
                "signed": False,
                "initial": 0,
                "locality": "synapse",
                "loadable": True,
            }
        ],
        "inputs": [],
        "state_bits": 52,
    },
    "domain": {
        "clock": "clk",
        "edge": "rising",
        "reset": "rst",
        "reset_kind": "synchronous, active high",
    },
    "ports": [
        {
            "name": "i__payload",
            "direction": "input",
            "width": 10,
            "signed": False,
            "fields": [{"name": "reward", "offset": 2, "width": 8, "signed": True}],
        }
    ],
    "timing": {"latency_clocks": 13, "synapses_per_clock": 1},
    "named_signals": [],
    "crossings": [],
    "tools": {"amaranth": "0.5.10"},
    "package": "9.9.9",
}


PROOF: dict[str, Any] = {
    "schema_version": "sc-hw.proof.v2",
    "build_id": "0123456789ab",
    "verilog_sha256": "a" * 64,
    "rule_sha256": "b" * 64,
    "passed": True,
    "solver": "bitwuzla 0.9.1",
    "yosys": "0.70",
    "seconds": 61.23,
    "claims": [
        {
            "name": "step: weight",
            "statement": "netlist = rule",
            "verdict": "proved",
            "seconds": 17.77,
        }
    ],
    "mutants": [
        {
            "name": "sum one bit short",
            "verdict": "refuted",
            "expected": "refuted",
            "counterexample": {"weight": 54321},
        },
        {
            "name": "ceiling one too low",
            "verdict": "equivalent",
            "expected": "equivalent",
            "reason": "no place for it: the same function",
        },
    ],
}


COSIM: dict[str, Any] = {
    "schema_version": "sc-hw.cosim.v1",
    "steps": 31,
    "synapse_steps": 248,
    "cycles": 477,
    "differences": 0,
    "first_difference": None,
    "coverage": {"bins": {"weight: zero": 19, "reward: least": 0}, "missed": ["reward: least"]},
    "cycles_per_s": None,
    "wall_s": 2.5,
    "passed": True,
    "recording": None,
    "final_state": "final_state.npz",
}


def metric(
    target: str,
    *,
    block: str = "bank",
    title: str | None = None,
    build: str = "0123456789ab",
    **changes: Any,
) -> dict[str, Any]:
    made_up: dict[str, Any] = {
        "schema_version": "sc-hw.metrics.v1",
        "design": "fixture",
        "block": block,
        "synapses": 8 if block == "bank" else 1,
        "build_id": build,
        "target": target,
        "title": title or f"Device {target}",
        "tools": {"yosys": "0.70 (fixture)"},
        "synth_command": "synth",
        "port_bits": 208,
        "pins": 39,
        "wrapper": None,
        "units": {"bram": "RAM", "dsp": "MUL"},
        "lut": 1234,
        "ff": 567,
        "bram": 2.5,
        "dsp": 0,
        "critical_path": {
            "from": "block.a",
            "to": "block.b",
            "delay_ns": 7.25,
            "logic_ns": 3.5,
            "routing_ns": 3.75,
        },
        "placed_reason": None,
        "tool_failure": None,
        "fmax": {
            "median_mhz": 137.9,
            "min_mhz": 128.4,
            "max_mhz": 141.3,
            "by_seed_mhz": [128.4, 137.9, 141.3],
            "reason": None,
        },
        "updates_per_s": 137_900_000,
        "updates_per_s_reason": None,
        "device_limit_mhz": 131.5,
        "device_limit": {
            "what": "multiplier",
            "mhz": 131.5,
            "kind": "typical",
            "source": "fixture: sheet <X>",
        },
        "limit_reason": None,
        "quoted_mhz": 131.5,
        "quoted_from": "multiplier",
        "quoted_updates_per_s": 131_500_000,
    }
    return made_up | changes


NO_TIMING: dict[str, Any] = {
    "fmax": {
        "median_mhz": None,
        "min_mhz": None,
        "max_mhz": None,
        "by_seed_mhz": None,
        "reason": REASON,
    },
    "updates_per_s": None,
    "updates_per_s_reason": REASON,
    "critical_path": None,
    "dsp": 1,
    "quoted_mhz": None,
    "quoted_from": None,
    "quoted_updates_per_s": None,
}


UNKNOWN_LIMIT: dict[str, Any] = {
    "device_limit_mhz": None,
    "device_limit": None,
    "limit_reason": "fixture: no sheet",
    "quoted_mhz": 137.9,
    "quoted_from": "nextpnr",
    "quoted_updates_per_s": 137_900_000,
}


def put(folder: Path, **files: Any) -> Path:
    """A build folder with these JSON files; `metrics` is a list."""
    build = folder / "build"
    build.mkdir(exist_ok=True)
    for value in files.pop("metrics", []):
        (build / "estimate" / value["target"]).mkdir(parents=True, exist_ok=True)
        (build / "estimate" / value["target"] / "metrics.json").write_text(json.dumps(value))
    for name, value in ({"manifest": MANIFEST} | files).items():
        (build / f"{name}.json").write_text(json.dumps(value))
    return build


class Page(HTMLParser):
    """Checks that tags close, and keeps the tables' cells and every attribute that could load
    something.
    """

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: dict[str, list[list[str]]] = {}
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self._table = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.sources += [
            v for k, v in attrs if k in ("src", "href", "srcset", "data", "action", "style") and v
        ]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "table":
            self._table = values.get("class") or f"table {len(self.cells)}"
            self.cells[self._table] = []
        elif tag == "tr":
            self.cells[self._table].append([])
        elif tag in ("td", "th"):
            self.cells[self._table][-1].append("")
        elif tag in ("br", "sup", "small") and self.cells:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.cells[self._table][-1][-1] += data


def numbers(text: str) -> set[float]:
    return {
        float(found.replace(",", ""))
        for found in re.findall(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?![\w])", text)
    }


def leaves(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(leaves, value)) if value else set()
    return (
        {float(value)} if isinstance(value, (int, float)) and not isinstance(value, bool) else set()
    )


VERSIONS = {"0.70", "0.70 (fixture)", "0.5.10", "9.9.9", "0.9.1"}


def recorded(build: Path, winners: list[int], weights: list[int], steps: int = 12) -> None:
    """FIXTURE: four lines (1 x 2 pixels, ON and OFF), two neurons, four trials of two steps and
    four held-out samples.
    """
    decide = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1])
    meta = {
        "task": "fixture task",
        "image": {"shape": [1, 2], "signs": [1, -1]},
        "labels": [0, 1, 0, 1, 0, 1, 0, 1],
        "winners": [1, 1, 0, 1, 0, 1, 0, 0],
        "held_out": 4,
        "block": 2,
        "accuracy": {"after": 0.75, "chance": 0.5},
        "longer": {"trials": 8, "right": [0.5, 1.0, 1.0, 1.0], "after": 1.0},
        "final_weight_sha256": (
            hashlib.sha256(np.array([9, 1, 1, 9, 1, 9, 9, 1], "<u2").tobytes()).hexdigest()
        ),
    }
    spikes = np.zeros((12, 2), bool)
    spikes[np.flatnonzero(decide), winners] = True
    np.savez(build / "recording.npz", decide=decide, meta=np.array(json.dumps(meta)))
    np.savez(
        build / "final_state.npz", weight=np.array(weights).reshape(4, 2), spikes=spikes[:steps]
    )
