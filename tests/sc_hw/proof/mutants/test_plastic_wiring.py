"""Faults in what joins a layer's parts: every pattern matches, in layers of all options.

`tests/sc_hw/proof/blocks/plastic/test_layer.py` refutes all of them in one layer.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaigns.layer_designs import layer_designs
from campaigns.proof_sweep import LAYER_FABRICS
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.mutants.mutant import MutantError
from sc_hw.proof.mutants.plastic_wiring import END, MUTANTS, edited, instance, pin

INSTANCE = """module plastic_layer(clk);
  \\plastic_layer.host$9  \\host$9  (
    .clk(clk),
    .word(\\word$3 )
  );
  \\plastic_layer.outputs  outputs (
    .word(other)
  );
endmodule
"""


def test_a_pin_of_one_instance_is_edited() -> None:
    text = edited(INSTANCE, instance("host"), [pin("word", r"~\1")], "test", END)
    assert text == INSTANCE.replace("(\\word$3 )", "(~\\word$3 )")


@pytest.mark.parametrize(("module", "name"), [("neurons", "word"), ("host", "other")])
def test_a_place_that_does_not_exist_is_an_error(module: str, name: str) -> None:
    with pytest.raises(MutantError):
        edited(INSTANCE, instance(module), [pin(name, "0")], "test", END)


@pytest.mark.soak
@pytest.mark.parametrize("fabric", LAYER_FABRICS)
def test_every_mutant_is_made_of_random_layers(fabric: str, tmp_path: Path) -> None:
    for design in random.Random(6).sample(list(layer_designs(fabric, 40)), 3):
        build = elaborate(design, tmp_path)
        layer = block_of(build.design, load_family(build.design.fabric)).component
        assert isinstance(layer, PlasticLayer)
        write_parts(layer, build.folder, every_size=False)
        for mutant in MUTANTS:
            folder = tmp_path / design.name / mutant.name
            folder.mkdir(parents=True)
            mutant.make(build, folder)
            changed = (folder / "layer.v").read_text(encoding="utf-8")
            assert changed != build.verilog.read_text(encoding="utf-8")
