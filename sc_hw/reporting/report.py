"""Reports: what the stages found about a design, as JSON, Markdown and one printable HTML page.

A report reads files alone (`manifest.json`, `proof.json`, `results.json`,
`estimate/<target>/metrics.json`, the final state and the recording it came from), adds no figure of
its own but the score of the decisions that the hardware took, and holds no date: the same files
give the same bytes. A figure that was not measured is an en dash with its reason, never 0.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from sc_hw.files import write_json, write_text
from sc_hw.reporting import plots
from sc_model.rules import load_rule
from sc_model.spec import PLASTIC, ConfigError

REPORT_SCHEMA = "sc-hw.report.v1"
BASELINE_SCHEMA = "sc-hw.baseline.v1"
DASH = "–"  # what is printed for a null
TEMPLATES = Path(__file__).parent / "templates"
NO_BOARD = (
    "No board was measured. Resources and clock rates are what the open tools (Yosys, nextpnr)"
    " report for the emitted Verilog; proof and co-simulation, where they were run, are of that"
    " Verilog."
)
COSTS = ("lut", "ff", "bram", "dsp")
OLD_METRICS = "estimated before the devices' own limits were recorded; run `sc-hw estimate` again"


class ReportError(ValueError):
    """A report can't be made from the files given."""


# ---------------------------------------------------------------- reading


def _read(path: Path, schema: str) -> dict[str, Any] | None:
    """A JSON object with that `schema_version`, or None where there is no such file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ReportError(
            f"{path} is not valid JSON: {error}; run the stage that wrote it again."
        ) from None
    found = value.get("schema_version") if isinstance(value, dict) else None
    if found != schema:
        raise ReportError(
            f"{path} must have schema_version '{schema}', not {found!r}; run the stage that wrote"
            " it again."
        )
    return dict(value)


def _not_run(command: str) -> dict[str, Any]:
    return {"status": "not run", "command": command}


def _stage(
    folder: Path, file: str, schema: str, manifest: Mapping[str, Any], command: str
) -> dict[str, Any]:
    """A stage's file with its status: `not run`, `stale` (of other Verilog), `passed` or
    `failed`.
    """
    value = _read(folder / file, schema)
    if value is None:
        return _not_run(command)
    stale = value.get("verilog_sha256", manifest["verilog_sha256"]) != manifest["verilog_sha256"]
    status = "stale" if stale else "passed" if value.get("passed") else "failed"
    return {"status": status, "command": command, **value}


def _equations(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's docstring, if the rule at hand is the one that the design was built from."""
    try:
        found = load_rule(rule["family"])
    except ConfigError as error:
        return {"text": None, "reason": str(error)}
    if hashlib.sha256(found.source.encode()).hexdigest() != rule["source_sha256"]:
        return {
            "text": None,
            "reason": "the rule's file has changed since this design was elaborated",
        }
    return {"text": found.doc.strip(), "reason": None}


def _arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ReportError(f"{path} is no NumPy archive (.npz): {error}.") from None


def _find_recording(
    folders: Sequence[Path], given: Path | None, replayed: Any
) -> tuple[dict[str, NDArray[Any]] | None, str]:
    """The recording that a co-simulation replayed, and its name; (None, reason) where it is not at
    hand.

    `replayed` is what the results say of it: a path, or its name with its SHA-256, which must then
    be that of the file.
    """
    entry = (
        replayed if isinstance(replayed, dict) else {"name": Path(replayed).name, "path": replayed}
    )
    name, digest = str(entry["name"]), entry.get("sha256")
    places = (
        [given]
        if given is not None
        else [*(folder / name for folder in folders), Path(entry.get("path", name))]
    )
    file = next((place for place in places if place.is_file()), None)
    arrays = None if file is None else _arrays(file)
    if file is None or arrays is None:
        return None, f"the recording {name} that the co-simulation replayed is not at hand"
    if digest is not None and hashlib.sha256(file.read_bytes()).hexdigest() != digest:
        return None, f"the recording {name} is not the one that the co-simulation replayed"
    return arrays, name


def _learned(
    folder: Path, manifest: Mapping[str, Any], cosim: Mapping[str, Any], given: Path | None
) -> tuple[dict[str, Any], NDArray[np.int64] | None]:
    """What the RTL decided in a replayed recording, scored, and maps to draw, shape (neurons, rows,
    columns), or None.

    `folder` is that of the co-simulation's results. A decision is a step with `decide`; the
    recording's `meta` has a label for each, and says how many at the end are of held-out samples,
    with learning off.
    """

    def nothing(reason: str) -> tuple[dict[str, Any], None]:
        return {"status": "not measured", "reason": reason}, None

    if cosim["status"] == "not run":
        return nothing("decisions are those of the co-simulation, which was not run")
    if not cosim.get("recording"):
        return nothing("the co-simulation replayed no recording")
    # by name: the folder may have been moved since
    final = _arrays(folder / Path(cosim["final_state"]).name) if cosim.get("final_state") else None
    field = next((f["name"] for f in manifest["rule"]["state"] if f["loadable"]), None)
    if final is None or field not in final:
        return nothing("the co-simulation left no final state")
    recording, name = _find_recording((folder, folder.parent), given, cosim["recording"])
    if recording is None:
        return nothing(name)
    meta = json.loads(str(recording["meta"])) if "meta" in recording else {}
    if "labels" not in meta or "decide" not in recording or "spikes" not in final:
        return nothing(f"the recording {name} has no decisions with labels")
    spikes, weights = final["spikes"], final[field].astype(np.int64)
    asked = np.flatnonzero(recording["decide"][: len(spikes)])
    winners, labels = spikes[asked].argmax(axis=1), np.asarray(meta["labels"], np.int64)
    trials = len(labels) - int(meta.get("held_out", 0))
    labels = labels[: len(winners)]
    right = winners == labels
    block = int(meta.get("block", 100))
    learning = right[:trials]
    whole_blocks = len(learning) // block * block or len(learning)
    curve = [
        float(part.mean())
        for part in np.split(learning[:whole_blocks], range(block, whole_blocks, block))
        if part.size
    ]
    if not curve:
        return nothing(f"no decision of the recording {name} was replayed")
    held_out, whole = right[trials:], len(spikes) == len(recording["decide"])
    claimed = meta.get("accuracy", {})
    recorded_hash = meta.get("final_weight_sha256") if whole else None
    result = {
        "status": "measured",
        "reason": None,
        "task": meta.get("task"),
        "feedback": meta.get("feedback"),
        "source": meta.get("source"),
        "licence": meta.get("licence"),
        "recording": name,
        "steps": len(spikes),
        "trials": len(learning),
        "neurons": spikes.shape[1],
        "lines": len(weights),
        "chance": claimed.get("chance", 1 / spikes.shape[1]),
        "block": block,
        "curve": curve,
        "first": curve[0],
        "last": curve[-1],
        "samples": len(held_out),
        "after": float(held_out.mean()) if held_out.size else None,
        "golden_after": claimed.get("after"),
        "same_decisions": (
            winners.tolist() == meta["winners"][: len(winners)] if "winners" in meta else None
        ),
        "same_weights_as_golden": (
            None
            if recorded_hash is None
            else hashlib.sha256(weights.astype("<u2").tobytes()).hexdigest() == recorded_hash
        ),
        "other_seeds": claimed.get("other_seeds"),
        "longer": {"other_seeds": None, **meta["longer"]} if "longer" in meta else None,
        "by_class": [
            {
                "class": int(c),
                "samples": int((labels[trials:] == c).sum()),
                "right": int(held_out[labels[trials:] == c].sum()),
            }
            for c in np.unique(labels[trials:])
        ],
        "classes": meta.get("classes", list(range(spikes.shape[1]))),
        "weights": {"least": int(weights.min()), "greatest": int(weights.max())},
    }
    return result, _maps(weights.T, meta.get("image"))


def _maps(weights: NDArray[np.int64], image: Mapping[str, Any] | None) -> NDArray[np.int64] | None:
    """An image a neuron: its channels added with their signs, less the mean of all neurons.

    What all neurons share at a pixel moves all scores alike and decides nothing; without it the
    classes are seen.
    """
    if image is None or len(image.get("shape", ())) != 2:
        return None
    signs, (rows, columns) = np.asarray(image.get("signs", (1,)), np.int64), image["shape"]
    if weights.shape[1] != len(signs) * rows * columns:
        return None
    images: NDArray[np.int64] = np.tensordot(
        signs, weights.reshape(len(weights), len(signs), rows, columns), (0, 1)
    )
    common: NDArray[np.int64] = images.mean(axis=0).round().astype(np.int64)
    return images - common


# ---------------------------------------------------------------- content


def _price(metric: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a target's metrics that a report prints."""
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
    return {key: metric.get(key) for key in (*keys, *more, *frame, *limit, "fmax_by_clock")}


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """The figures two reports are compared by, flat; wall times are left out, as no two runs agree
    in them.
    """
    figures: dict[str, Any] = {"verilog_sha256": report["verilog_sha256"]}
    figures |= {f"design.{key}": value for key, value in _flat(report["design"]).items()}
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
    for price in report["price"]:
        figures |= {f"price.{price['target']}.{key}": price[key] for key in COSTS}
        figures[f"price.{price['target']}.fmax_median_mhz"] = price["fmax"]["median_mhz"]
        figures[f"price.{price['target']}.quoted_mhz"] = price["quoted_mhz"]
    figures |= {
        f"learned.{key}": report["learned"][key]
        for key in ("first", "last", "after")
        if key in report["learned"]
    }
    for stage, tools in report["tools"].items():
        figures |= {f"tools.{stage}.{name}": version for name, version in tools.items()}
    return figures


def _flat(design: Mapping[str, Any]) -> dict[str, Any]:
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


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        if before != after:
            numbers = all(
                isinstance(v, (int, float)) and not isinstance(v, bool) for v in (before, after)
            )
            percent = round(100 * (after - before) / abs(before), 1) if numbers and before else None
            rows.append(
                {"figure": key, "before": before, "after": after, "change_percent": percent}
            )
    return rows


def _by_stage(
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


# ---------------------------------------------------------------- printing


class Notes:
    """Footnotes in the order of their first use; the same text gets the same number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Number of the footnote, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def number(value: Any, digits: int | None = None) -> str:
    """A figure as printed: thousands separated, `digits` decimals (None: as it is), an en dash for
    a null.
    """
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}" if digits is None else f"{value:,.{digits}f}"
    return str(value)


def _cell(
    value: Any, notes: Notes, reason: str | None, digits: int | None = None, scale: float = 1
) -> dict[str, Any]:
    """Text of a table's cell, with a footnote where there is nothing to print or `reason` comments
    on it.
    """
    if value is None:
        return {
            "text": DASH,
            "note": notes.number(reason or "not measured; the tool gave no reason"),
        }
    return {"text": number(value / scale if scale != 1 else value, digits), "note": None}


def _limit_cell(price: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The device's limit and what sets it; the source, and what has no figure, are in a
    footnote.
    """
    missing = price["limit_reason"]
    if price["device_limit"] is None:
        return {"text": DASH, "what": None, "note": notes.number(missing or OLD_METRICS)}
    binds = price["device_limit"]
    text = f"Limit of the {binds['what']}, {binds['kind']}: {binds['source']}"
    return {
        "text": number(binds["mhz"], 1),
        "what": binds["what"] if binds["kind"] == "maximum" else f"{binds['what']}, typical",
        "note": notes.number("; ".join((text, *([missing] if missing else ()))) + "."),
    }


def _price_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    rows = []
    for price in prices:
        fmax = price["fmax"]
        spread = _cell(fmax["median_mhz"], notes, fmax["reason"], 1)
        if spread["note"] is None:
            runs = len(fmax.get("by_seed_mhz") or ())
            spread["range"] = f"{number(fmax['min_mhz'], 1)} to {number(fmax['max_mhz'], 1)}"
            spread["runs"] = f"{runs} seed{'' if runs == 1 else 's'}"
        wrapped = None
        if price["wrapper"]:
            wrapped = notes.number(
                "Placed in a frame of shift registers, so that every path runs from clock to clock;"
                " the frame's own LUT and FF are not counted (each metrics.json has them)."
            )
        rows.append(
            {
                "title": price["title"],
                "target": price["target"],
                "design": price["design"],
                "block": price["block"],
                "synapses": number(price["synapses"]),
                "note": wrapped,
                "units": price["units"],
                **{key: _cell(price[key], notes, None) for key in COSTS},
                "fmax": spread,
                "limit": _limit_cell(price, notes),
                "quoted": _cell(price["quoted_mhz"], notes, fmax["reason"] or OLD_METRICS, 1),
                "rate": _cell(
                    price["quoted_updates_per_s"], notes, fmax["reason"] or OLD_METRICS, 1, 1e6
                ),
            }
        )
    return rows


def _path_rows(prices: Sequence[Mapping[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    rows = []
    for price in prices:
        path = price["critical_path"]
        if path is None:
            reason = (
                price["fmax"]["reason"]
                or price["placed_reason"]
                or "the tool's report names no path from clock to clock"
            )
            rows.append({"price": price, "path": None, "note": notes.number(reason)})
        else:
            delays = {key: number(path[f"{key}_ns"], 2) for key in ("delay", "logic", "routing")}
            rows.append({"price": price, "path": {**path, **delays}, "note": None})
    return rows


def _markdown(value: Any) -> str:
    """Text that is only text in a Markdown table."""
    text = " ".join(number(value).split())
    for sign in "\\`*_|<>[]":
        text = text.replace(
            sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign]
        )
    return text


def _code(value: Any) -> str:
    """A name in a Markdown code span, within a table."""
    return "`" + " ".join(str(value).split()).replace("`", "'").replace("|", "\\|") + "`"


def _compact(value: Any, limit: int = 240) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(", ", ": "))
    return text if len(text) <= limit else text[:limit] + " ..."


def _grouped(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Claims for a table: like claims about many members ("schedule, 7-bit addresses: order")
    become one row.
    """
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for claim in claims:
        group, comma, rest = str(claim["name"]).partition(", ")
        member, colon, what = rest.partition(": ")
        if not (comma and colon) or "counterexample" in claim:
            rows[str(claim["name"]), "", ""] = dict(claim)
            continue
        row = rows.setdefault((group, what, str(claim["verdict"])), {"members": [], "seconds": 0.0})
        row["members"].append(member)
        row |= {
            "name": f"{group}: {what}",
            "statement": claim["statement"],
            "verdict": claim["verdict"],
        }
        row["seconds"] += claim["seconds"]
    for row in rows.values():
        if len(row.get("members", ())) > 1:
            row["statement"] = (
                f"{row['statement']} ({len(row['members'])} claims: {row['members'][0]} to"
                f" {row['members'][-1]})"
            )
    return list(rows.values())


def _counterexample(example: Mapping[str, Any]) -> str:
    """The state and inputs of a counterexample, and each value on which rule and netlist
    disagree.
    """
    plain = [f"{name} {value}" for name, value in example.items() if not name.endswith(")")]
    pairs = [name.removesuffix(" (rule)") for name in example if name.endswith(" (rule)")]
    apart = [
        f"{name}: rule {example[f'{name} (rule)']}, netlist {example[f'{name} (netlist)']}"
        for name in pairs
        if example.get(f"{name} (netlist)") != example[f"{name} (rule)"]
    ]
    return _compact("; ".join([", ".join(plain), *apart]), 400)


def _render(template: str, context: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=template.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number,
        "md": _markdown,
        "code": _code,
        "compact": _compact,
        "flat": _flat,
        "grouped": _grouped,
        "counterexample": _counterexample,
    }
    return environment.get_template(template).render(context)


def _write(
    out: Path,
    name: str,
    content: Mapping[str, Any],
    context: Mapping[str, Any],
    pictures: Mapping[str, str],
    embed: bool,
    template: str = "",
) -> None:
    """`<name>.json`, `.md` and `.html`; pictures within the page, or as files
    `<name>_<picture>.svg` beside it.

    `template`: the page's, by default that of its name.
    """
    sources = {}
    for key, svg in pictures.items():
        if embed:
            sources[key] = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
        else:
            sources[key] = write_text(out / f"{name}_{key}.svg", svg).name
    full = {
        **context,
        "r": content,
        "pictures": sources,
        "embedded": embed,
        "no_board": NO_BOARD,
        "dash": DASH,
    }
    write_json(out / f"{name}.json", content)
    write_text(out / f"{name}.md", _render(f"{template or name}.md", full))
    write_text(out / f"{name}.html", _render(f"{template or name}.html", full))


def _tidy(cosim: dict[str, Any]) -> dict[str, Any]:
    """A co-simulation's results with every key that a page looks at.

    Where files lay on this machine is nobody's business, and no part of the result.
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


def _rule_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
    learned: Mapping[str, Any],
) -> dict[str, Any]:
    """What `report.json` holds of a block that computes a rule."""
    content: dict[str, Any] = {
        "schema_version": REPORT_SCHEMA,
        "build_id": manifest["id"],
        "design": manifest["design"],
        "rule": {**manifest["rule"], "equations": _equations(manifest["rule"])},
        "top": manifest["top"],
        "verilog_sha256": manifest["verilog_sha256"],
        "domain": manifest["domain"],
        "timing": manifest["timing"],
        "ports": manifest["ports"],
        "proof": proof,
        "cosim": cosim,
        "price": prices,
        "price_command": f"sc-hw estimate {manifest['design']['name']}.toml",
        "learned": learned,
        "tools": _by_stage(manifest, proof, cosim, prices),
        "hardware_measurement_claimed": False,
    }
    content["figures"] = _figures(content)
    return content


def _of_its_own(layer: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """What a layer has beside weights, in words."""
    said = []
    if layer["decay"] is not None:
        codes, terms = len(layer["decay"]["factors"]), layer["decay"]["terms"]
        said.append(
            f"{codes} decay codes, " + ("multiplier" if terms == 0 else f"{terms} shifted copies")
        )
    if spec["max_delay"]:
        said.append(f"delays to {spec['max_delay']}")
    said += [name for name in ("recurrent", "bias") if spec[name]]
    return "; ".join(said) or "-"


def _plastic(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a report says of a network's plastic layer, if there is one."""
    described = manifest.get(PLASTIC)
    if described is None:
        return None
    place = described["placement"]
    words = {
        "synapse": place["depth"] * place["chains"] * place["columns"],
        "input": place["rows"] * place["chains"],
    }
    words |= {
        "output": place["groups"] * place["columns"],
        "neuron": place["groups"] * place["columns"],
    }
    bits = {
        space["name"]: sum(field["width"] for field in space["fields"])
        for space in described["spaces"]
    }
    return {
        **{name: described[name] for name in ("domain", "tick_interval", "placement")},
        "family": manifest["rule"]["family"],
        "lanes": place["chains"] * place["columns"],
        "memory_bits": sum(count * bits[name] for name, count in words.items()),
    }


def _network_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    audit: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What `report.json` holds of a network."""
    content: dict[str, Any] = {
        "schema_version": REPORT_SCHEMA,
        "build_id": manifest["id"],
        "design": manifest["design"],
        "top": manifest["top"],
        "verilog_sha256": manifest["verilog_sha256"],
        "domains": manifest["domains"],
        "timing": manifest["timing"],
        "layers": [
            {**layer, "spec": spec, "of_its_own": _of_its_own(layer, spec)}
            for layer, spec in zip(
                manifest["layers"], manifest["design"]["network"]["layers"], strict=True
            )
        ],
        "plastic": _plastic(manifest),
        "ports": manifest["ports"],
        "audit": audit,
        "proof": proof,
        "cosim": cosim,
        "price": prices,
        "price_command": f"sc-hw estimate {manifest['design']['name']}.toml",
        "tools": _by_stage(manifest, proof, cosim, prices),
        "hardware_measurement_claimed": False,
    }
    figures: dict[str, Any] = {
        "verilog_sha256": content["verilog_sha256"],
        "proof": proof["status"],
        "cosim": cosim["status"],
    }
    figures |= {
        f"timing.tick_clocks.{name}": clocks
        for name, clocks in manifest["timing"]["tick_clocks"].items()
    }
    figures |= {f"proof.{claim['name']}": claim["verdict"] for claim in proof.get("claims", [])}
    for price in prices:
        figures |= {f"price.{price['target']}.{key}": price[key] for key in COSTS}
        for role, fmax in (price["fmax_by_clock"] or {}).items():
            figures[f"price.{price['target']}.{role}.fmax_median_mhz"] = fmax["median_mhz"]
    content["figures"] = figures
    return content


def report(
    build_folder: Path,
    out: Path | None = None,
    previous: Path | None = None,
    embed: bool = True,
    recording: Path | None = None,
) -> dict[str, Any]:
    """Write `report.json`, `report.md` and `report.html` about a build; return what is in
    `report.json`.

    Parameters
    ----------
    build_folder : `build/<id>`, with at least `manifest.json`; a stage that has left no file is
        reported as not run.
    out : folder to write to; the build folder by default.
    previous : an earlier `report.json`, whose figures this report's are compared with; it may be
        the file to be replaced.
    embed : plots as part of the page (one self-contained file), or as SVG files beside it.
    recording : the recording that the co-simulation replayed, whose labels score what the RTL
        decided; by default it is looked for by its name beside the results and in the build folder.

    Raises ReportError for files that are missing, damaged or of another schema, OutputError where
    `out` can't be written.
    """
    if recording is not None and not recording.is_file():
        raise ReportError(f"recording {recording} does not exist.")
    manifest = _read(build_folder / "manifest.json", "sc-hw.manifest.v1")
    if manifest is None:
        raise ReportError(
            f"build folder {build_folder} has no manifest.json; `sc-hw elaborate DESIGN` writes it."
        )
    earlier = None if previous is None else _read(previous, REPORT_SCHEMA)
    if previous is not None and earlier is None:
        raise ReportError(
            f"previous report {previous} does not exist; leave it out, or give a report.json."
        )
    design, file = manifest["design"], f"{manifest['design']['name']}.toml"
    proof = _stage(build_folder, "proof.json", "sc-hw.proof.v1", manifest, f"sc-hw prove {file}")
    simulated = (
        build_folder / "sim" if (build_folder / "sim" / "results.json").is_file() else build_folder
    )
    cosim = _stage(simulated, "results.json", "sc-hw.cosim.v1", manifest, f"sc-hw cosim {file}")
    measured = (
        _read(path, "sc-hw.metrics.v1")
        for path in sorted(build_folder.glob("estimate/*/metrics.json"))
    )
    prices = [_price(metric) for metric in measured if metric is not None]
    cosim = _tidy(cosim)
    pictures = {"area": plots.area(prices), "fmax": plots.fmax(prices)} if prices else {}
    content: dict[str, Any]
    if design["block"] == "network":
        audit = _stage(
            build_folder, "audit.json", "sc-hw.audit.v1", manifest, f"sc-hw audit {file}"
        )
        content, template = _network_content(manifest, proof, cosim, audit, prices), "network"
    else:
        learned, maps = _learned(simulated, manifest, cosim, recording)
        content, template = _rule_content(manifest, proof, cosim, prices, learned), "report"
        if maps is not None:
            names = [str(c) for c in learned["classes"]]
            pictures["weights"] = plots.weight_maps(maps, names, "weight")
        if learned["status"] == "measured":
            pictures["curve"] = plots.learning_curve(
                learned["curve"], learned["block"], learned["chance"], learned["longer"]
            )
    content["differences"] = (
        None if earlier is None else _differences(earlier["figures"], content["figures"])
    )
    notes = Notes()
    context = {
        "price_rows": _price_rows(prices, notes),
        "path_rows": _path_rows(prices, notes),
        "notes": notes.texts,
    }
    _write(
        out if out is not None else build_folder,
        "report",
        content,
        context,
        pictures,
        embed,
        template,
    )
    return content


def collect(metrics: Sequence[Mapping[str, Any]], command: str) -> dict[str, Any]:
    """What `baseline.json` holds: the price of several designs on several targets, by block, design
    and target.

    Raises ReportError for two metrics of the same design, build and target, or for none at all.
    """
    if not metrics:
        raise ReportError(
            "a baseline needs the metrics of at least one design; `sc-hw estimate DESIGN` makes"
            " them."
        )
    order = {"lane": 0, "bank": 1, "layer": 2}
    prices = sorted(
        (_price(metric) for metric in metrics),
        key=lambda p: (
            order.get(p["block"], len(order)),
            p["block"],
            p["design"],
            p["synapses"],
            p["build_id"],
            p["target"],
        ),
    )
    for first, second in pairwise(prices):
        if (first["build_id"], first["target"]) == (second["build_id"], second["target"]):
            raise ReportError(
                f"target '{first['target']}' is given twice for build {first['build_id']}"
                f" ({first['design']})."
            )
    tools: dict[str, str] = {}
    for price in prices:
        tools.update(price["tools"] or {})
    return {
        "schema_version": BASELINE_SCHEMA,
        "command": command,
        "price": prices,
        "tools": {"estimate": tools},
        "hardware_measurement_claimed": False,
    }


def baseline(
    metrics: Sequence[Mapping[str, Any]], out_folder: Path, command: str
) -> dict[str, Any]:
    """Write `baseline.json`, `.md` and `.html` into a folder; return what is in `baseline.json`.

    Parameters
    ----------
    metrics : of `sc_hw.price.estimate`, in any order.
    out_folder : made if missing.
    command : what makes the page again.

    Raises what :func:`collect` raises, and OutputError where the folder can't be written.
    """
    content = collect(metrics, command)
    notes = Notes()
    prices = content["price"]
    context = {
        "price_rows": _price_rows(prices, notes),
        "path_rows": _path_rows(prices, notes),
        "notes": notes.texts,
    }
    pictures = {"area": plots.area(prices), "fmax": plots.fmax(prices)}
    _write(out_folder, "baseline", content, context, pictures, True)
    return content
