module @MODULE@(en, clk, rst, q, d);
  // A register for words of another clock that takes a word torn where it changes at the edge: `late` as in a synchroniser. The
  // design must never let that happen, and the bench counts it.
  input en;
  input clk;
  input rst;
  input [@TOP@:0] d;
  output [@TOP@:0] q;
  wire [@TOP@:0] seen /* verilator public_flat_rd */;
  wire taken /* verilator public_flat_rd */;
  reg [@TOP@:0] late /* verilator public_flat_rw */ = 0;
  reg [@TOP@:0] first = 0;
  assign seen = d;
  assign taken = en;
  always @(posedge clk) if (en) first <= d ^ late;
  assign q = first;
endmodule
