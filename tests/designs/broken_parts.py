"""Parts of a small plastic layer with one edit in their Verilog, and the claims that this breaks.

The claims about a part are strong only if each of them notices its own kind of fault. A test gives
the part, an edit of its emitted Verilog, and the claim that must then be refuted.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.files import write_json, write_text
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.processes import decide
from sc_hw.proof.verdicts import REFUTED
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

INHIBITION = Design(
    name="parts",
    block="layer",
    rule=RuleChoice(parameters={"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}),
    layer=PlasticLayerSpec(inputs=6, neurons=4, lanes=2, critic_shift=2, counters=True),
    neuron=NeuronSpec(inhibition=3, noise_bits=4),
)
COMPETITION = INHIBITION.model_copy(update={"neuron": NeuronSpec(winner_take_all=True)})
PREDICTION = COMPETITION.model_copy(
    update={
        "layer": PlasticLayerSpec(
            inputs=6, neurons=4, lanes=2, discount_shift=3, reward_shift=3, surprise_shift=3
        )
    }
)


def keeps(register: str, value: str) -> tuple[str, str]:
    """An edit by which a register gets another next value."""
    return rf"(\n    {register} <= )[^;]+;", rf"\g<1>{value};"


def refuted(
    part: str, edit: tuple[str, str], folder: Path, design: Design = INHIBITION
) -> set[str]:
    """Names of the claims about a part that an edit of its Verilog refutes.

    Parameters
    ----------
    part : kind of the part.
    edit : a regular expression, which must match, and the replacement of each match.
    folder : an empty one.
    design : whose part it is.
    """
    build = elaborate(design, folder)
    layer = block_of(design, load_family(design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False, only=(part,))
    (row,) = json.loads((build.folder / "proof" / PARTS).read_text())["parts"]
    text = (build.folder / row["verilog"]).read_text()
    # A lane is one module of the layer's Verilog: the edit must not touch the others.
    start = text.index(f"module {row['top']}(")
    end = text.index("endmodule", start) if part == "lane" else len(text)
    module, count = re.subn(*edit, text[start:end])
    assert count, f"{edit[0]!r} must match in module {row['top']}"
    write_text(build.folder / "broken.v", text[:start] + module + text[end:])
    write_json(build.folder / "proof" / PARTS, {"parts": [{**row, "verilog": "broken.v"}]})
    return {claim["name"] for claim in decide(build.folder) if claim["verdict"] == REFUTED}
