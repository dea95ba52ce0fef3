"""One step of induction: enough with the right assertion beside the claim, and not without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.proof.induction import is_inductive
from sc_hw.proof.pdr import Model

# Two registers that hold the same: that neither is ever 7 takes both.
PAIR = """module pair(input up, output [2:0] a, output [2:0] b);
  (* gclk *) reg instant;
  reg [2:0] a = {a}, b = 0;
  always @(posedge instant) if (up && b != 4) begin a <= a + 1; b <= b + 1; end
  always @* begin
    assert (a != 7);
    {help}
  end
endmodule
"""


@pytest.mark.parametrize(
    ("help_", "first", "holds"),
    [("assert (a == b && b <= 4);", 0, True), ("", 0, False), ("assert (a == b);", 1, False)],
    ids=["helped", "alone", "wrong at first"],
)
def test_a_claim_is_inductive_with_what_helps(
    help_: str, first: int, holds: bool, tmp_path: Path
) -> None:
    text = PAIR.format(a=first, help=help_)
    assert is_inductive(Model("", [text], top="pair"), tmp_path, "pair") is holds
