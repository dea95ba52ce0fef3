"""A fault in what joins the parts goes into one module of `top.v`, or is refused."""

from __future__ import annotations

import pytest

from sc_hw.proof.mutants.mutant import MutantError
from sc_hw.proof.mutants.wiring import edited

VERILOG = r"""
module top(a);
  b <= a;
endmodule
module \top.part (a);
  b <= a;
endmodule
"""


def test_one_module_is_edited() -> None:
    edit = (r"b <= a;", "b <= 0;")
    top, part = (edited(VERILOG, name, edit, "fault") for name in ("top", "top.part"))
    assert top == VERILOG.replace("b <= a;", "b <= 0;", 1)
    assert part == VERILOG[::-1].replace("b <= a;"[::-1], "b <= 0;"[::-1], 1)[::-1]


@pytest.mark.parametrize(("module", "pattern"), [("top", "c <= a;"), ("other", "b <= a;")])
def test_a_fault_that_finds_nothing_is_refused(module: str, pattern: str) -> None:
    with pytest.raises(MutantError, match=rf"^mutant 'fault' must find .* in module {module}, "):
        edited(VERILOG, module, (pattern, "d <= a;"), "fault")
