"""Models of the registers that take bits of a foreign clock, put into the emitted Verilog.

The definitions of `sc_sync_<width>` and `sc_capture_<width>` are replaced in the text by
`models/sc_sync.v` and `models/sc_capture.v`. The models behave alike but for a mask, by which the
bench makes single bits miss an edge. Nothing else of the text changes.
"""

from __future__ import annotations

import re
from importlib import resources

# `sc_sync_<width>` has two flip-flops in a row, `sc_sync_<width>_<n>` has n
_MODULE = re.compile(
    r"^module (sc_(?:sync|capture)_(\d+)(?:_(\d+))?)\b[^\n]*\n.*?^endmodule$",
    re.MULTILINE | re.DOTALL,
)
_STAGES = 2


def with_models(verilog: str) -> str:
    """The text with every synchroniser and every capture replaced by its model."""
    folder = resources.files("sc_sim.driver").joinpath("models")

    def model(definition: re.Match[str]) -> str:
        name, width, stages = definition.groups()
        kind = name.split("_")[1]
        text = folder.joinpath(f"sc_{kind}.v").read_text(encoding="utf-8")
        text = text.replace("@MODULE@", name).replace("@TOP@", str(int(width) - 1))
        return text.replace("@LAST@", str(int(stages or _STAGES) - 1)).rstrip()

    return _MODULE.sub(model, verilog)
