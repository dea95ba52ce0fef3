"""Models of what meets a foreign clock, in place of the definitions in the emitted Verilog.

`sc_sync_<width>` and `sc_capture_<width>` are cut out of the text by name, and `models/sc_sync.v`
and `models/sc_capture.v` put in: alike but for a mask by which the bench makes single bits miss an
edge. Nothing else of the text changes.
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

    def model(found: re.Match[str]) -> str:
        name, width, stages = found.group(1), int(found.group(2)), int(found.group(3) or _STAGES)
        template = f"sc_{name.split('_')[1]}.v"
        text = resources.files("sim").joinpath("models", template).read_text(encoding="utf-8")
        for key, value in (("@MODULE@", name), ("@TOP@", width - 1), ("@LAST@", stages - 1)):
            text = text.replace(key, str(value))
        return text.rstrip()

    return _MODULE.sub(model, verilog)
