"""A synchronised signal that does not gate is no alibi, and sound handshakes and queues pass."""

from __future__ import annotations

import pytest

from sc_hw.audit.audit import audit

CLOCKS = {"a_clk": "a", "b_clk": "b"}

# A word of clock a, read by a register of clock b. `req` goes to b, `ack` back, each through two
# flip-flops; what is left out is how they are made and used.
HANDSHAKE = """module top(
  input a_clk, input a_rst, input b_clk, input b_rst, input go, input step,
  input [7:0] i, output reg [7:0] r);
  reg [7:0] word = 0;
  reg req = 0, req_1 = 0, req_2 = 0, ack = 0, ack_1 = 0, ack_2 = 0;
  always @(posedge b_clk) begin req_1 <= req; req_2 <= req_1; end
  always @(posedge a_clk) begin ack_1 <= ack; ack_2 <= ack_1; end
  always @(posedge a_clk) begin
    {write}
    if (a_rst) word <= 0;
  end
  always @(posedge b_clk) begin
    {read}
    if (b_rst) r <= 0;
  end
endmodule"""
# Four phases: request, answer, request withdrawn, answer withdrawn.
WRITE = """if (go & ~req & ~ack_2) begin word <= i; req <= 1; end
    if (ack_2) req <= 0;"""
READ = "if (req_2 & ~ack) r <= word;\n    ack <= req_2;"
# Two phases: each change of the request is a word.
WRITE_2 = "if (go & req == ack_2) begin word <= i; req <= ~req; end"
READ_2 = "if (req_2 != ack) begin r <= word; ack <= req_2; end"
COUNTER = "word <= word + 1;\n    if (ack_2) req <= go; else req <= req ^ go;"

QUEUE = """module top(
  input a_clk, input b_clk, input push, input pop, input [7:0] i, output reg [7:0] r);
  reg [7:0] words [3:0];
  reg [2:0] w = 0, wg = 0, wg_1 = 0, wg_2 = 0, n = 0, ng = 0, ng_1 = 0, ng_2 = 0;
  wire [2:0] w_next = w + (push & ~full), n_next = n + (pop & ~empty);
  wire empty = {empty};
  wire full = {full};
  always @(posedge a_clk) begin
    w <= w_next; wg <= w_next ^ (w_next >> 1); ng_1 <= ng; ng_2 <= ng_1;
    if (push & ~full) words[w[1:0]] <= i;
  end
  always @(posedge b_clk) begin
    n <= n_next; ng <= n_next ^ (n_next >> 1); wg_1 <= wg; wg_2 <= wg_1;
    if (pop & ~empty) r <= words[n[1:0]];
  end
endmodule"""
EMPTY, FULL = "wg_2 == (n ^ (n >> 1))", "ng_2 == (wg ^ 3'h6)"


@pytest.mark.parametrize(
    "text",
    [
        HANDSHAKE.format(write=WRITE, read=READ),
        HANDSHAKE.format(write=WRITE_2, read=READ_2),
        QUEUE.format(empty=EMPTY, full=FULL),
    ],
    ids=["four phases", "two phases", "queue"],
)
def test_sound_storages_pass_without_a_list(text: str) -> None:
    result = audit(text, "top", CLOCKS)
    assert result.findings == ()
    assert [crossing.kind for crossing in result.crossings].count("storage") == 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # a free-running counter, and levels that are only mixed into both cones
        (HANDSHAKE.format(write=COUNTER, read="r <= word ^ {8{req_2}};\n    ack <= req_2;"), "r"),
        (
            HANDSHAKE.format(write=WRITE, read="if (req_2 | step) r <= word;\n    ack <= req_2;"),
            "r",
        ),
        (
            HANDSHAKE.format(write=WRITE, read="if (req_2 ^ step) r <= word;\n    ack <= req_2;"),
            "r",
        ),
        # masked, not kept: the register takes 0 while it should wait
        (HANDSHAKE.format(write=WRITE, read="r <= req_2 ? word : 0;\n    ack <= req_2;"), "r"),
        (HANDSHAKE.format(write=f"{WRITE}\n    if (go) word <= i;", read=READ), "word"),
        (QUEUE.format(empty="wg_2 == 0", full=FULL), "r"),
        (QUEUE.format(empty=EMPTY, full="ng_2[0] & ^ng_2"), "words"),
    ],
    ids=["counter", "or", "xor", "mask", "writer", "empty of nothing", "full of nothing"],
)
def test_signals_that_do_not_gate_are_no_alibi(text: str, kept: str) -> None:
    findings = audit(text, "top", CLOCKS).findings
    assert [finding.kind for finding in findings] == ["storage that is not gated"]
    assert f"but {kept} can change whatever that shows" in findings[0].text


LEVEL = """module top(input a_clk, input b_clk, input go, output reg s);
  reg p = 0, d = 0, first = 0;
  reg [2:0] n = 0;
  always @(posedge a_clk) begin d <= go; n <= n + 1; {p} end
  always @(posedge b_clk) begin first <= p; s <= first; end
endmodule"""


@pytest.mark.parametrize(
    ("p", "is_pulse"),
    [
        ("p <= go & ~p;", True),
        ("p <= go & ~d;", True),
        ("p <= n == 5;", True),
        ("p <= ~(d & ~go);", True),  # low for one clock
        ("p <= p ^ go;", False),
        ("p <= go;", False),
        ("if (n == 5) p <= go;", False),
    ],
)
def test_pulses_of_one_clock_are_found(p: str, is_pulse: bool) -> None:
    result = audit(LEVEL.format(p=p), "top", CLOCKS)
    assert [f.kind for f in result.findings] == (["pulse of one clock"] if is_pulse else [])
    assert any("lasts for a period of the other clock" in line for line in result.not_judged)
