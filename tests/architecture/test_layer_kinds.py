"""A kind of trained layer is one file: dropped into the folder, it is configured, computed by the
golden model, made into hardware that equals the model, and proved, with no other file changed.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import ROOT
from trained_layers import rate_where_equal

import sc_model.layer_kinds
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.network.parts import LANE, write_network_parts
from sc_hw.proof.blocks.network.trained_layer import claims_of_network
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.simulation.cosim import cosim
from sc_hw.trained import TrainedLayer
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.golden.trained.layer import TrainedLayer as GoldenLayer
from sc_model.layer_kinds import kind_of, layer_kind_plugins, layer_kinds
from sc_model.spec import ConfigError, CrossingSpec, Design, NetworkSpec, parse_design

BUILT_IN = ("conv", "dense", "hetsyn", "integrator", "sparse")

POWERS = '''
"""Layers without multipliers: a weight w of 4 bits stands for sign(w) * 2^(|w| - 1), 0 for 0."""

from typing import Literal

from sc_model.arithmetic import Unit, lif_unit
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, LifSpec, TrainedLayerSpec

LARGEST = 8


class PowersSpec(TrainedLayerSpec):
    kind: Literal["powers"] = "powers"
    weight_bits: Literal[4] = 4
    neuron: LifSpec = LifSpec(leak="shift", threshold_bits=12)

    def current_format(self, value):
        return IntFormat(LARGEST + 1 + value.width + self.columns.bit_length(), signed=True)

    @property
    def neuron_parameters(self):
        return {"threshold": (1, self.neuron.threshold_format.hi)}


SPEC = PowersSpec


def synapse(spec, value, tick_ms):
    def function(ops, now):
        size = 0
        for power in range(LARGEST):
            chosen = ops.mux(now.weight == power + 1, 1, ops.mux(now.weight == -power - 1, 1, 0))
            size = size + ops.mux(chosen == 1, now.value << power, 0)
        return {"product": ops.let("product", ops.mux(now.weight < 0, -size, size))}

    product = IntFormat(LARGEST + 4 + value.width, signed=True)
    inputs = {"weight": spec.weight_format, "value": value}
    return Synapse(Unit("powers", inputs, {"product": product}, {}, function))


def neuron(spec, value):
    return lif_unit(spec.neuron, spec.current_format(value))
'''

ALPHA = '''
"""Layers whose synapses rise and fall: two states a synapse, and a table of input sizes."""

from typing import Literal

from sc_model.arithmetic import Unit, lif_unit
from sc_model.layer_kinds import Synapse, Table
from sc_model.spec import IntFormat, LifSpec, TrainedLayerSpec

SIZES = (3, -7, 12)
RISE, LEVEL = IntFormat(7, signed=True), IntFormat(9, signed=True)


class AlphaSpec(TrainedLayerSpec):
    kind: Literal["alpha"] = "alpha"
    neuron: LifSpec = LifSpec(leak="none", reset="zero", threshold_bits=14, fraction=1)

    def current_format(self, value):
        return IntFormat(self.weight_bits + LEVEL.width + self.columns.bit_length(), signed=True)

    def synapse_parameters(self, tick_ms):
        return {**super().synapse_parameters(tick_ms), "size": (0, len(SIZES) - 1)}

    @property
    def neuron_parameters(self):
        return {"threshold": (1, self.neuron.threshold_format.hi)}


SPEC = AlphaSpec


def synapse(spec, value, tick_ms):
    def function(ops, now):
        risen = now.rise - (now.rise >> 1) + now.value * now.step
        rise = ops.let("rise_next", ops.clamp(risen, RISE.lo, RISE.hi))
        level = ops.clamp(now.level - (now.level >> 3) + rise, LEVEL.lo, LEVEL.hi)
        return {
            "rise": rise,
            "level": ops.let("level_next", level),
            "product": ops.let("product", now.weight * level),
        }

    step = IntFormat(5, signed=True)
    inputs = {"rise": RISE, "level": LEVEL, "weight": spec.weight_format, "value": value}
    product = IntFormat(spec.weight_bits + LEVEL.width, signed=True)
    unit = Unit(
        "alpha",
        {**inputs, "step": step},
        {"rise": RISE, "level": LEVEL, "product": product},
        {"rise": 0, "level": 0},
        function,
    )
    return Synapse(unit, {"size": Table({"step": step}, [{"step": size} for size in SIZES])})


def neuron(spec, value):
    return lif_unit(spec.neuron, spec.current_format(value))


def manifest(spec, tick_ms):
    return {"sizes": list(SIZES)}
'''

SLOW = '''
"""Layers whose synapses take longer for their next state than for their product."""

from typing import Literal

from sc_model.arithmetic import Unit, lif_unit
from sc_model.layer_kinds import Synapse
from sc_model.spec import IntFormat, LifSpec, TrainedLayerSpec

LEVEL = IntFormat(8)


class SlowSpec(TrainedLayerSpec):
    kind: Literal["slow"] = "slow"
    neuron: LifSpec = LifSpec(leak="none", reset="zero", threshold_bits=12)

    def current_format(self, value):
        return IntFormat(self.weight_bits + self.columns.bit_length(), signed=True)

    @property
    def neuron_parameters(self):
        return {"threshold": (1, self.neuron.threshold_format.hi)}


SPEC = SlowSpec


def synapse(spec, value, tick_ms):
    def function(ops, now):
        level = now.level + now.value
        for _ in range(3):
            level = ops.clamp((level * level + 37 >> 3) + now.level, 0, LEVEL.hi)
        product = ops.mux(now.level > 128, now.weight, 0)
        return {"level": ops.let("level_next", level), "product": ops.let("product", product)}

    inputs = {"level": LEVEL, "weight": spec.weight_format, "value": value}
    outputs = {"level": LEVEL, "product": spec.weight_format}
    return Synapse(Unit("slow", inputs, outputs, {"level": 0}, function))


def neuron(spec, value):
    return lif_unit(spec.neuron, spec.current_format(value))
'''

# the example of the documentation
PAGE = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
START = PAGE.index("    from typing", PAGE.index("## A kind of your own"))
SQUARED = textwrap.dedent(PAGE[START : PAGE.index("Golden model, hardware", START)])

KINDS = {"powers": POWERS, "alpha": ALPHA, "slow": SLOW, "squared": SQUARED}
Drop = Callable[[str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Puts the file of a kind beside those of the package, for this test."""
    package = sc_model.layer_kinds

    def forget() -> None:
        package._kinds.cache_clear()
        importlib.invalidate_caches()

    def put(kind: str, source: str | None = None) -> None:
        folder = tmp_path / "kinds"
        folder.mkdir(exist_ok=True)
        (folder / f"{kind}.py").write_text(source or KINDS[kind], encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        forget()

    yield put
    monkeypatch.undo()
    for name in [name for name in sys.modules if name.startswith(f"{package.__name__}.")]:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
            delattr(package, name.rpartition(".")[2])
    forget()


def design(kind: str, **fields: Any) -> Design:
    """A network of one layer of that kind."""
    layer = {"kind": kind, "name": "only", "inputs": 3, "neurons": 5, "lanes": 2, **fields}
    return parse_design({"design": {"name": "dropped", "block": "network"}, "layer": [layer]})


def network_of(design: Design) -> NetworkSpec:
    assert design.network is not None
    return design.network


def random_parameters(
    network: NetworkSpec, threshold: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Random parameters, weights above 0 in the mean, and thresholds that are reached at times."""
    drawn = {
        name.removeprefix("only."): rng.integers(max(low, low // 2), high + 1, shape)
        for name, (shape, low, high) in parameter_bounds(network).items()
    }
    drawn["threshold"] = rng.integers(threshold // 4, threshold, drawn["threshold"].shape)
    return drawn


def test_a_file_makes_a_kind(drop: Drop) -> None:
    assert layer_kinds() == BUILT_IN
    drop("powers")
    drop("alpha")
    assert layer_kinds() == tuple(sorted(("alpha", "powers", *BUILT_IN)))
    assert [plugin.problem for plugin in layer_kind_plugins()] == [None] * (len(BUILT_IN) + 2)
    made = design("alpha", max_delay=2)
    layer = network_of(made).layers[0]
    assert (layer.kind, type(layer).__name__, kind_of(layer).name) == (
        "alpha",
        "AlphaSpec",
        "alpha",
    )
    assert Design.model_validate_json(made.model_dump_json()) == made
    assert Design.model_validate(json.loads(made.model_dump_json())) == made
    with pytest.raises(ConfigError) as caught:
        design("alpa")
    assert str(caught.value) == (
        "kind of layer 1 must be one of alpha, conv, dense, hetsyn, integrator, powers, sparse, not"
        " 'alpa'; did you mean 'alpha'?"
    )
    with pytest.raises(ConfigError) as caught:
        design("powers", trace_bits=4)
    assert str(caught.value).startswith(
        "layer 1 ('only'): [[layer]] has no field 'trace_bits'. Its fields are: bias, clock, "
    )


def test_a_kind_goes_with_its_file() -> None:
    assert layer_kinds() == BUILT_IN


def test_powers_by_hand(drop: Drop) -> None:
    """Weights 3 and -2 stand for 4 and -2: with both inputs 2 a tick, in units of 2^4."""
    drop("powers")
    spec = network_of(design("powers", inputs=2, neurons=1, lanes=1, neuron={"leak": "none"}))
    network = Network(spec, {"only.weight": [[3, -2]], "only.threshold": 100})
    network.run([[1, 1], [1, 0], [0, 1]])
    assert network.layers["only"].neuron["potential"].tolist() == [16 * (2 + 4 - 2)]


def test_alpha_by_hand(drop: Drop) -> None:
    """One spike of size 12: the rise is 12, 6, 3, 2, 1; the level adds it and loses an eighth."""
    drop("alpha")
    spec = network_of(design("alpha", inputs=1, neurons=1, lanes=1))
    network = Network(spec, {"only.weight": 1, "only.size": 2, "only.threshold": 1000})
    rise, level = [], []
    for spike in (1, 0, 0, 0, 0):
        network.step([spike])
        rise.append(int(network.layers["only"].synapse["rise"][0, 0]))
        level.append(int(network.layers["only"].synapse["level"][0, 0]))
    assert rise == [12, 6, 3, 2, 1]
    assert level == [12, 12 - 1 + 6, 17 - 2 + 3, 18 - 2 + 2, 18 - 2 + 1]


@pytest.mark.parametrize(
    ("kind", "fields", "policy", "interval", "family"),
    [
        ("powers", {}, "hold", 1, "generic"),
        ("powers", {"max_delay": 5, "recurrent": True, "bias": True}, "accumulate", 4, "ecp5"),
        ("alpha", {}, "hold", 1, "ice40_hx"),
        ("alpha", {"max_delay": 3, "recurrent": True}, "accumulate", 3, "ice40_up"),
        ("squared", {}, "accumulate", 4, "ecp5"),
        # a single synapse, whose state must have landed when the next tick reads it
        ("slow", {"inputs": 1, "neurons": 1, "lanes": 1}, "hold", 1, "ecp5"),
        ("slow", {"inputs": 1, "lanes": 5}, "accumulate", 2, "generic"),
    ],
)
def test_hardware_equals_the_golden_model(
    drop: Drop, kind: str, fields: dict[str, Any], policy: Any, interval: int, family: str
) -> None:
    drop(kind)
    network = network_of(design(kind, **fields))
    spec = network.layers[0]
    crossing = CrossingSpec(spec.inputs, 1, interval, policy, 4)
    drawn = random_parameters(network, 300, np.random.default_rng(3))
    golden = GoldenLayer(spec, crossing, 1.0, drawn)
    dut = TrainedLayer(spec, crossing.value, 1.0, 16, load_family(family))
    assert 0.02 < rate_where_equal(dut, golden) < 0.98


def verdicts(folder: Path, design: Design, *edits: tuple[str, str]) -> dict[str, str]:
    """Verdict of each claim about the design, or after edits of its lane's text about the parts."""
    build = elaborate(design, root=folder)
    write_network_parts(design, build.folder)
    path = build.folder / "proof" / f"{LANE}_only.v"
    text = path.read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    if edits:  # `top.v` is without the fault
        listing = build.folder / "proof" / PARTS
        listing.write_text(json.dumps({"parts": json.loads(listing.read_text())["parts"]}))
    claims = claims_of_network(build.folder, build.manifest, 60.0)
    return {claim.name: claim.verdict for claim in claims}


@pytest.mark.parametrize(
    ("kind", "fields", "names"),
    [
        ("powers", {"max_delay": 2}, {"layer only: product", "layer only: history"}),
        ("squared", {"policy": "accumulate", "tick_interval": 3}, {"layer only: product"}),
        (
            "alpha",
            {"weight_bits": 4},
            {
                *(f"layer only, size {size}: step" for size in range(3)),
                "layer only: rise",
                "layer only: level",
                "layer only: where rises and levels go",
                "layer only: product",
            },
        ),
    ],
)
def test_it_is_proved(
    drop: Drop, tmp_path: Path, kind: str, fields: dict[str, Any], names: set[str]
) -> None:
    drop(kind)
    found = verdicts(tmp_path, design(kind, **fields))
    assert set(found.values()) == {"proved"}
    assert names <= set(found)


@pytest.mark.parametrize(
    ("kind", "edit", "claim"),
    [
        ("powers", ("first_d1 <= first;", "first_d1 <= 1'h0;"), "layer only: sum"),
        ("alpha", ("fresh_d1 <= fresh;", "fresh_d1 <= 1'h0;"), "layer only: rise"),
    ],
)
def test_a_fault_is_refuted(
    drop: Drop, tmp_path: Path, kind: str, edit: tuple[str, str], claim: str
) -> None:
    drop(kind)
    assert verdicts(tmp_path, design(kind, weight_bits=4), edit)[claim] == "refuted"


def test_it_is_built(drop: Drop, tmp_path: Path) -> None:
    drop("alpha")
    build = elaborate(design("alpha"), root=tmp_path)
    (layer,) = build.manifest["layers"]
    assert (layer["kind"], layer["sizes"], layer["decay"]) == ("alpha", [3, -7, 12], None)


def test_the_kind_of_an_installed_package_is_co_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Co-simulation runs in another process, which finds the kind by its entry point as well."""
    metadata = tmp_path / "site" / "my_kinds-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-kinds\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[sc_model.layer_kinds]\nalpha = my_alpha\n")
    (tmp_path / "site" / "my_alpha.py").write_text(ALPHA, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    sc_model.layer_kinds._kinds.cache_clear()
    try:
        build = elaborate(design("alpha"), root=tmp_path / "build")
        results = cosim(build, steps=40)
    finally:
        monkeypatch.undo()
        sys.modules.pop("my_alpha", None)
        sc_model.layer_kinds._kinds.cache_clear()
    assert (results["passed"], results["differences"]) == (True, 0)
    assert layer_kinds() == BUILT_IN


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "SPEC = None",
            "layer kind sc_model.layer_kinds.broken must define SPEC, synapse, neuron; it lacks"
            " synapse, neuron",
        ),
        (
            "SPEC = synapse = neuron = int",
            "SPEC of layer kind sc_model.layer_kinds.broken must be a subclass of"
            " TrainedLayerSpec, not <class 'int'>",
        ),
        (
            "from sc_model.spec import TrainedLayerSpec\n"
            "class Nameless(TrainedLayerSpec):\n"
            "    def current_format(self, value):\n"
            "        return value\n"
            "SPEC = Nameless\n"
            "synapse = neuron = None\n",
            "Nameless.kind must have the name of the kind as its default:"
            ' write kind: Literal["NAME"] = "NAME"',
        ),
    ],
)
def test_a_broken_kind_hurts_nothing_else(drop: Drop, source: str, problem: str) -> None:
    drop("broken", source)
    assert layer_kinds() == BUILT_IN
    with pytest.raises(ConfigError) as caught:
        design("broken")
    line = re.sub(r"\S*broken\.py:\d: ", "FILE: ", str(caught.value))
    assert line == f"plug-in broken (sc_model.layer_kinds.broken) is broken: FILE: {problem}."
