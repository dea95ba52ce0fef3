// A plastic layer from its ports alone: load, 40 steps, read back. See docs/ports/layer.md.
//
// The widths, offsets and codes below are those of manifest.json for layer.toml.
`timescale 1ns / 1ps

module testbench;
  // placement
  localparam INPUTS = 9, NEURONS = 3, CHAINS = 2, COLUMNS = 2, ROWS = 5;
  localparam STEPS = 40;
  // codes of the spaces
  localparam SYNAPSE = 1, INPUT = 2, OUTPUT = 3, NEURON = 4;
  // clocks that anything may take before this bench gives up
  localparam PATIENCE = 1000;

  reg clk = 0;
  reg rst = 1;
  always #5 clk = ~clk;

  // i: {clear_traces, clear_trial, reward[7:0], spikes[1:0]}
  reg [11:0] i_payload = 0;
  reg i_valid = 0;
  wire i_ready;
  // spike, neuron and done have no handshake: whoever wants them looks in every clock
  wire spike, done, idle;
  wire [1:0] neuron;
  // load: {data[27:0], word[3:0], number, chain, space[2:0]}; read has the same address
  reg [36:0] load_payload = 0;
  reg load_valid = 0;
  wire load_ready;
  reg [8:0] read_payload = 0;
  reg read_valid = 0;
  wire read_ready;
  wire [27:0] readback_payload;
  wire readback_valid;
  reg readback_ready = 0;
  // A variable of its own: Verilator prints $signed(answer[20:0]) with the bits above it.
  reg signed [20:0] potential;

  plastic_layer dut (
      .clk(clk),
      .rst(rst),
      .i__payload(i_payload),
      .i__valid(i_valid),
      .i__ready(i_ready),
      .spike(spike),
      .neuron(neuron),
      .done(done),
      .load__payload(load_payload),
      .load__valid(load_valid),
      .load__ready(load_ready),
      .read__payload(read_payload),
      .read__valid(read_valid),
      .read__ready(read_ready),
      .readback__payload(readback_payload),
      .readback__valid(readback_valid),
      .readback__ready(readback_ready),
      .idle(idle)
  );

  // --- what happens on the outputs without a handshake ------------------------------------------

  integer step_done = 0;

  always @(posedge clk)
    if (!rst) begin
      if (spike) $display("spike %0d %0d", step_done, neuron);
      if (done) step_done = step_done + 1;  // behind the spike: both may come in the same clock
    end

  // --- transfers: a word is taken at the edge at which valid and ready are high -------------------

  integer waited;

  task patience;
    begin
      waited = waited + 1;
      if (waited > PATIENCE) begin
        $display("FAILED: nothing happens any more");
        $finish;
      end
    end
  endtask

  task load(input [2:0] space, input chain, input number, input [3:0] word, input [27:0] data);
    begin
      @(negedge clk);
      load_payload = {data, word, number, chain, space};
      load_valid = 1;
      waited = 0;
      @(posedge clk);
      while (!load_ready) begin
        patience;
        @(posedge clk);
      end
      @(negedge clk);
      load_valid = 0;
    end
  endtask

  reg [27:0] answer;

  task read(input [2:0] space, input chain, input number, input [3:0] word);
    begin
      @(negedge clk);
      read_payload = {word, number, chain, space};
      read_valid = 1;
      readback_ready = 1;
      waited = 0;
      @(posedge clk);
      while (!read_ready) begin
        patience;
        @(posedge clk);
      end
      @(negedge clk);
      read_valid = 0;
      @(posedge clk);
      while (!readback_valid) begin
        patience;
        @(posedge clk);
      end
      answer = readback_payload;
      @(negedge clk);
      readback_ready = 0;
    end
  endtask

  // A step is a transfer for each row: bit c of `spikes` is input c * ROWS + row. The reward and
  // the clears count in the first row only.
  task row_of_step(input integer row, input [INPUTS-1:0] x, input [7:0] reward, input [1:0] clears);
    begin
      @(negedge clk);
      i_payload[0] = x[row];
      i_payload[1] = ROWS + row < INPUTS ? x[ROWS+row] : 1'b0;
      i_payload[9:2] = row == 0 ? reward : 8'd0;
      i_payload[11:10] = row == 0 ? clears : 2'd0;
      i_valid = 1;
      waited = 0;
      @(posedge clk);
      while (!i_ready) begin
        patience;
        @(posedge clk);
      end
    end
  endtask

  // --- the run ------------------------------------------------------------------------------------

  reg [15:0] weights[0:INPUTS*NEURONS-1];  // of input i and neuron j: word i * NEURONS + j
  reg [INPUTS+9:0] stimulus[0:STEPS-1];  // {clears[1:0], reward[7:0], spikes}
  integer i, j, n;

  initial begin
    $readmemh("weights.hex", weights);
    $readmemh("stimulus.hex", stimulus);

    repeat (3) @(negedge clk);
    rst = 0;

    // Memories hold anything at power-on: every word of every space is loaded once.
    for (i = 0; i < INPUTS; i = i + 1)
      for (j = 0; j < NEURONS; j = j + 1)
        load(SYNAPSE, i / ROWS, j % COLUMNS, (j / COLUMNS) * ROWS + i % ROWS,
             {12'd0, weights[i*NEURONS+j]});
    for (i = 0; i < INPUTS; i = i + 1) load(INPUT, i / ROWS, 0, i % ROWS, 0);
    for (j = 0; j < NEURONS; j = j + 1) load(OUTPUT, 0, 0, j, 0);
    for (j = 0; j < NEURONS; j = j + 1) load(NEURON, 0, 0, j, 0);

    for (n = 0; n < STEPS; n = n + 1)
      for (i = 0; i < ROWS; i = i + 1)
        row_of_step(i, stimulus[n][INPUTS-1:0], stimulus[n][INPUTS+7:INPUTS],
                    stimulus[n][INPUTS+9:INPUTS+8]);
    @(negedge clk);
    i_valid = 0;
    waited = 0;
    while (step_done < STEPS) begin
      patience;
      @(negedge clk);
    end

    for (i = 0; i < INPUTS; i = i + 1)
      for (j = 0; j < NEURONS; j = j + 1) begin
        read(SYNAPSE, i / ROWS, j % COLUMNS, (j / COLUMNS) * ROWS + i % ROWS);
        $display("synapse %0d %0d weight %0d eligibility %0d", i, j, answer[15:0],
                 $signed(answer[27:16]));
      end
    for (i = 0; i < INPUTS; i = i + 1) begin
      read(INPUT, i / ROWS, 0, i % ROWS);
      $display("input %0d pre_trace %0d", i, answer[11:0]);
    end
    for (j = 0; j < NEURONS; j = j + 1) begin
      read(OUTPUT, 0, 0, j);
      $display("output %0d post_trace %0d", j, answer[11:0]);
    end
    for (j = 0; j < NEURONS; j = j + 1) begin
      read(NEURON, 0, 0, j);
      potential = answer[20:0];
      $display("neuron %0d potential %0d refractory %0d", j, potential, answer[21]);
    end
    $display("finished");
    $finish;
  end
endmodule
