module @MODULE@(en, clk, rst, q, d);
  // A register for words of another clock. Bits that change at the edge are taken late, by the
  // mask `late`, as in a synchroniser: the word is torn then. A design must never let that happen;
  // the bench counts it.
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
