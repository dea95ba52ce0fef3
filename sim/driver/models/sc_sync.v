module @MODULE@(clk, rst, q, d);
  // A synchroniser that may miss an edge: the driver sets the mask `late` to the bits that the
  // first flip-flop takes as they were before their last change.
  input clk;
  input rst;
  input [@TOP@:0] d;
  output [@TOP@:0] q;
  wire [@TOP@:0] seen /* verilator public_flat_rd */;
  reg [@TOP@:0] late /* verilator public_flat_rw */ = 0;
  reg [@TOP@:0] stage [0:@LAST@];
  integer k;
  initial for (k = 0; k <= @LAST@; k = k + 1) stage[k] = 0;
  assign seen = d;
  always @(posedge clk) begin
    stage[0] <= d ^ late;
    for (k = 1; k <= @LAST@; k = k + 1) stage[k] <= stage[k - 1];
  end
  assign q = stage[@LAST@];
endmodule
