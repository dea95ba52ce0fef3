"""What `report.json` holds of a network: its layers, crossings, audit, and figures to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sc_hw.reporting.content import COSTS, stage_content
from sc_model.spec import PLASTIC


def _layer_features(layer: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """What a layer has beside weights, in words: decay codes, delays, recurrence, bias."""
    features = []
    if layer["decay"] is not None:
        codes, terms = len(layer["decay"]["factors"]), layer["decay"]["terms"]
        features.append(
            f"{codes} decay codes, " + ("multiplier" if terms == 0 else f"{terms} shifted copies")
        )
    if spec["max_delay"]:
        features.append(f"delays to {spec['max_delay']}")
    features += [name for name in ("recurrent", "bias") if spec[name]]
    return "; ".join(features) or "-"


def _plastic(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a report says of a network's plastic layer; None where there is none.

    `memory_bits` counts the words of synapses, inputs, outputs and neurons.
    """
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


def network_content(
    manifest: Mapping[str, Any],
    proof: Mapping[str, Any],
    cosim: Mapping[str, Any],
    audit: Mapping[str, Any],
    prices: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What `report.json` holds of a network."""
    content = stage_content(
        manifest,
        proof,
        cosim,
        prices,
        domains=manifest["domains"],
        layers=[
            {**layer, "spec": spec, "of_its_own": _layer_features(layer, spec)}
            for layer, spec in zip(
                manifest["layers"], manifest["design"]["network"]["layers"], strict=True
            )
        ],
        plastic=_plastic(manifest),
        audit=audit,
    )
    figures = content["figures"]
    figures |= {
        f"timing.tick_clocks.{name}": clocks
        for name, clocks in manifest["timing"]["tick_clocks"].items()
    }
    for price in prices:
        figures |= {f"price.{price['target']}.{key}": price[key] for key in COSTS}
        for role, fmax in (price["fmax_by_clock"] or {}).items():
            figures[f"price.{price['target']}.{role}.fmax_median_mhz"] = fmax["median_mhz"]
    return content
