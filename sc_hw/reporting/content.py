"""What `report.json` holds: figures of every stage, flat ones to compare, tools by stage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_model.rules import load_rule
from sc_model.spec import ConfigError

REPORT_SCHEMA = "sc-hw.report.v1"
COSTS = ("lut", "ff", "bram", "dsp")


def price_content(metric: Mapping[str, Any]) -> dict[str, Any]:
    """What a report prints of a target's metrics; a key that old metrics lack is None."""
    keys = (
        "design",
        "block",
        "synapses",
        "build_id",
        "target",
        "title",
        *COSTS,
        "units",
        "fmax",
        "updates_per_s",
    )
    more = ("updates_per_s_reason", "critical_path", "placed_reason", "synth_command", "tools")
    frame = ("wrapper", "port_bits")
    limit = (
        "device_limit_mhz",
        "device_limit",
        "limit_reason",
        "quoted_mhz",
        "quoted_from",
        "quoted_updates_per_s",
    )
    fit = ("device", "fits", "fits_reason", "product_notes", "verilog_sha256")
    content = {
        key: metric.get(key) for key in (*keys, *more, *frame, *limit, *fit, "fmax_by_clock")
    }
    clocks, mhz = (metric.get("timing") or {}).get("latency_clocks"), content["quoted_mhz"]
    # of the target's own pipeline, at the clock that is quoted
    content["latency_clocks"] = clocks
    content["latency_us"] = round(clocks / mhz, 3) if clocks is not None and mhz else None
    return content


def loadable_fields(manifest: Mapping[str, Any]) -> set[str]:
    """Fields of the rule's state that the host can write through the ports of a block."""
    # a layer's words, by space; a bank's load has a whole state, a lane's a port for each field
    names = {f["name"] for space in manifest.get("spaces", ()) for f in space["fields"]}
    for port in manifest["ports"]:
        if port["direction"] == "input":
            names.add(port["name"].removeprefix("load_"))
            names |= {field["name"].removeprefix("state.") for field in port["fields"]}
    return names & {field["name"] for field in manifest["rule"]["state"]}


def stored_bits(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Bits of state that a block keeps for each synapse, and in a layer for each input and neuron.

    A layer keeps the fields of locality `pre` once an input, and those of `post` once a neuron;
    what neurons keep of their own is not counted here.
    """
    if manifest["design"]["block"] != "layer":
        return {"synapse": manifest["rule"]["state_bits"]}
    owners = {"synapse": "synapse", "pre": "input", "post": "neuron"}
    bits = dict.fromkeys(owners.values(), 0)
    for field in manifest["rule"]["state"]:
        bits[owners[field["locality"]]] += field["width"]
    return bits


def flat_design(design: Mapping[str, Any]) -> dict[str, Any]:
    """A design's keys, those of its inner tables by their path; without the rule."""
    tables = {
        key: value if isinstance(value, dict) else {"": value}
        for key, value in design.items()
        if key != "rule"
    }
    return {
        f"{table}.{key}" if key else table: value
        for table, inner in tables.items()
        for key, value in inner.items()
    }


def figure_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures that differ between two reports: before, after, and the change in percent."""
    rows = []
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        if before != after:
            numbers = all(
                isinstance(v, (int, float)) and not isinstance(v, bool) for v in (before, after)
            )
            # Nothing can be said in percent of 0, of a text or of a truth value.
            percent = round(100 * (after - before) / abs(before), 1) if numbers and before else None
            rows.append(
                {"figure": key, "before": before, "after": after, "change_percent": percent}
            )
    return rows


def tools_by_stage(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, str]]:
    """Tools with their versions, by the stage that used them."""
    tools = {"elaborate": {**manifest["tools"], "sc-hw": manifest["package"]}}
    solver = str(proof.get("solver") or "").rpartition(" ")
    if solver[2]:
        tools["prove"] = {solver[0] or "solver": solver[2]} | (
            {"yosys": proof["yosys"]} if proof.get("yosys") else {}
        )
    if cosim.get("simulator"):
        tools["cosim"] = dict(cosim["simulator"])
    for price in prices:
        tools.setdefault("estimate", {}).update(price["tools"] or {})
    return tools


def tidy_cosim(cosim: dict[str, Any]) -> dict[str, Any]:
    """A co-simulation's results with every key that a page looks at.

    Files are named without their folders: a report must not depend on where they were.
    """
    if cosim["status"] == "not run":
        return cosim
    cosim = {
        "first_difference": None,
        "coverage": {"bins": {}, "missed": []},
        "recording": None,
        **cosim,
    }
    for key in ("recording", "final_state", "trajectory", "waves"):
        if isinstance(cosim.get(key), str):
            cosim[key] = Path(cosim[key]).name
    return cosim


def _equations(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's docstring, if the rule at hand is the one that the design was built from."""
    try:
        rule_at_hand = load_rule(rule.get("file", rule["family"]))
    except ConfigError as error:
        return {"text": None, "reason": str(error)}
    if hashlib.sha256(rule_at_hand.source.encode()).hexdigest() != rule["source_sha256"]:
        return {
            "text": None,
            "reason": "the rule's file has changed since this design was elaborated",
        }
    return {"text": rule_at_hand.doc.strip(), "reason": None}


def stage_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
    **own: Any,
) -> dict[str, Any]:
    """What `report.json` holds of a network of any block.

    Parameters
    ----------
    manifest, proof, cosim, prices : of the stages.
    own : what is of the block alone.
    """
    figures = {
        "verilog_sha256": manifest["verilog_sha256"],
        "proof": proof["status"],
        "cosim": cosim["status"],
    }
    return {
        "schema_version": REPORT_SCHEMA,
        "build_id": manifest["id"],
        "design": manifest["design"],
        "top": manifest["top"],
        "verilog_sha256": manifest["verilog_sha256"],
        "timing": manifest["timing"],
        "ports": manifest["ports"],
        **own,
        "proof": proof,
        "cosim": cosim,
        "price": prices,
        "price_command": f"sc-hw estimate {manifest['design']['name']}.toml",
        "tools": tools_by_stage(manifest, proof, cosim, prices),
        "hardware_measurement_claimed": False,
        "figures": figures
        | {f"proof.{claim['name']}": claim["verdict"] for claim in proof.get("claims", [])},
    }


def price_figures(prices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of blocks with one clock on their targets."""
    figures: dict[str, Any] = {}
    for price in prices:
        figures |= {f"price.{price['target']}.{key}": price[key] for key in COSTS}
        figures[f"price.{price['target']}.fmax_median_mhz"] = price["fmax"]["median_mhz"]
        figures[f"price.{price['target']}.quoted_mhz"] = price["quoted_mhz"]
    return figures


def rule_figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """The figures by which two reports are compared, flat.

    Wall times are left out: no two runs agree in them.
    """
    figures: dict[str, Any] = {"verilog_sha256": report["verilog_sha256"]}
    figures |= {f"design.{key}": value for key, value in flat_design(report["design"]).items()}
    figures |= {f"rule.{key}": value for key, value in report["rule"]["parameters"].items()}
    figures |= {f"timing.{key}": value for key, value in report["timing"].items()}
    figures["proof"] = report["proof"]["status"]
    figures |= {
        f"proof.{claim['name']}": claim["verdict"] for claim in report["proof"].get("claims", [])
    }
    figures["cosim"] = report["cosim"]["status"]
    figures |= {
        f"cosim.{key}": report["cosim"][key]
        for key in ("steps", "differences")
        if key in report["cosim"]
    }
    figures |= price_figures(report["price"])
    figures |= {
        f"learned.{key}": report["learned"][key]
        for key in ("first", "last", "after")
        if key in report["learned"]
    }
    for stage, tools in report["tools"].items():
        figures |= {f"tools.{stage}.{name}": version for name, version in tools.items()}
    return figures


def rule_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
    score: Mapping[str, Any],
) -> dict[str, Any]:
    """What `report.json` holds of a block that computes a rule."""
    content: dict[str, Any] = {
        "schema_version": REPORT_SCHEMA,
        "build_id": manifest["id"],
        "design": manifest["design"],
        "rule": {
            **manifest["rule"],
            "equations": _equations(manifest["rule"]),
            "stored_bits": stored_bits(manifest),
            "host_loads": sorted(loadable_fields(manifest)),
        },
        "top": manifest["top"],
        "verilog_sha256": manifest["verilog_sha256"],
        "domain": manifest["domain"],
        "timing": manifest["timing"],
        "ports": manifest["ports"],
        "proof": proof,
        "cosim": cosim,
        "price": prices,
        "price_command": f"sc-hw estimate {manifest['design']['name']}.toml",
        "learned": score,
        "tools": tools_by_stage(manifest, proof, cosim, prices),
        "hardware_measurement_claimed": False,
    }
    content["figures"] = rule_figures(content)
    return content
