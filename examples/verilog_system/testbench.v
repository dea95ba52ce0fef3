// A plastic layer behind Wishbone: identity, load, 40 steps, read back. See
// docs/put_it_into_your_soc.md.
//
// Offsets, packets and codes below are those of manifest.json (`host`) for layer.toml.
`timescale 1ns / 1ps

module testbench;
  // placement
  localparam INPUTS = 9, NEURONS = 3, COLUMNS = 2, ROWS = 5;
  localparam STEPS = 40, OUTPUT_WORDS = 2;
  // word addresses of registers: offsets in bytes, divided by four
  localparam MAGIC = 16'h00, PROTOCOL = 16'h01, CONTROL = 16'h06, ERRORS = 16'h0a;
  localparam OUTPUT_LEVEL = 16'h09, INTERRUPT_ENABLE = 16'h0b, STEPS_DONE = 16'h0e;
  localparam STEP_DATA = 16'h12, OUTPUT_DATA = 16'h13, WINDOW_ADDRESS = 16'h15, WINDOW_DATA = 16'h16;
  localparam RESET = 32'h2;  // of CONTROL
  localparam OUTPUTS = 32'h1;  // of INTERRUPT_ENABLE: there are words in the output FIFO
  // codes of the spaces
  localparam SYNAPSE = 3'd1, INPUT = 3'd2, OUTPUT = 3'd3, NEURON = 3'd4;
  // clocks that anything may take before this bench gives up
  localparam PATIENCE = 2000;

  reg clk = 0;
  reg rst = 1;
  always #5 clk = ~clk;

  reg cyc = 0, stb = 0, we = 0;
  reg [15:0] adr = 0;
  reg [31:0] dat_w = 0;
  wire [31:0] dat_r;
  wire ack, err, irq;

  sc_system dut (
      .clk(clk),
      .rst(rst),
      .wishbone__cyc(cyc),
      .wishbone__stb(stb),
      .wishbone__we(we),
      .wishbone__adr(adr),
      .wishbone__dat_w(dat_w),
      .wishbone__dat_r(dat_r),
      .wishbone__sel(4'hf),
      .wishbone__ack(ack),
      .wishbone__err(err),
      .irq(irq),
      .activity()
  );

  // --- accesses: the bus is held until the clock of ack or err -----------------------------------

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

  reg [31:0] answer;
  reg refused;
  // fields of what has been read, with their signs; Verilator 5.048 prints $signed(answer[20:0])
  // with the bits above it
  wire signed [11:0] eligibility = answer[27:16];
  wire signed [20:0] potential = answer[20:0];

  task access(input write, input [15:0] at, input [31:0] word);
    begin
      @(negedge clk);
      cyc = 1;
      stb = 1;
      we = write;
      adr = at;
      dat_w = word;
      waited = 0;
      @(posedge clk);
      while (!ack && !err) begin
        patience;
        @(posedge clk);
      end
      answer = dat_r;
      refused = err;
      @(negedge clk);
      cyc = 0;
      stb = 0;
    end
  endtask

  task put(input [15:0] at, input [31:0] word);
    begin
      access(1, at, word);
      if (refused) $display("FAILED: a write at %h was refused", at);
    end
  endtask

  task get(input [15:0] at);
    begin
      access(0, at, 0);
      if (refused) $display("FAILED: a read at %h was refused", at);
    end
  endtask

  // --- the block's memory --------------------------------------------------------------------------

  // WINDOW_ADDRESS: {word[3:0], number, chain, space[2:0]}
  task place(input [2:0] space, input chain, input number, input [3:0] word);
    put(WINDOW_ADDRESS, {23'd0, word, number, chain, space});
  endtask

  task load(input [2:0] space, input chain, input number, input [3:0] word, input [27:0] data);
    begin
      place(space, chain, number, word);
      put(WINDOW_DATA, {4'd0, data});
    end
  endtask

  task read(input [2:0] space, input chain, input number, input [3:0] word);
    begin
      place(space, chain, number, word);
      get(WINDOW_DATA);
    end
  endtask

  // --- the run ---------------------------------------------------------------------------------------

  reg [15:0] weights[0:INPUTS * NEURONS - 1];
  // a line: {clear_traces, clear_trial, reward[7:0], spikes[8:0]}
  reg [18:0] stimulus[0:STEPS - 1];
  integer i, j, step;
  reg [18:0] now;
  reg [31:0] rows;

  // Word 0 of a step: {clear_traces, clear_trial, reward[7:0]}. Word 1: two bits for each row, the
  // spikes of the inputs `row` and `ROWS + row`.
  task take_step;
    begin
      now  = stimulus[step];
      rows = 0;
      for (i = 0; i < INPUTS; i = i + 1) rows[2*(i%ROWS)+i/ROWS] = now[i];
      put(STEP_DATA, {22'd0, now[18:9]});
      put(STEP_DATA, rows);
    end
  endtask

  // Wait for the interrupt, which says that there are words, and until the packet is whole: the
  // number of its step and a bit for each neuron. `irq` falls some clocks after the last word has
  // been read, so that OUTPUT_LEVEL decides.
  task take_output;
    begin
      waited = 0;
      while (!irq) begin
        patience;
        @(posedge clk);
      end
      get(OUTPUT_LEVEL);
      while (answer < OUTPUT_WORDS) get(OUTPUT_LEVEL);
      get(OUTPUT_DATA);
      if (answer != step + 1) $display("FAILED: output of step %0d", answer);
      get(OUTPUT_DATA);
      for (j = 0; j < NEURONS; j = j + 1) if (answer[j]) $display("spike %0d %0d", step, j);
    end
  endtask

  initial begin
    $readmemh("weights.hex", weights);
    $readmemh("stimulus.hex", stimulus);
    repeat (3) @(posedge clk);
    @(negedge clk) rst = 0;
    get(MAGIC);
    if (answer != 32'h53434857) $display("FAILED: MAGIC is %h", answer);
    get(PROTOCOL);
    if (answer != 32'h00030001) $display("FAILED: PROTOCOL is %h", answer);
    put(CONTROL, RESET);
    put(INTERRUPT_ENABLE, OUTPUTS);

    for (i = 0; i < INPUTS; i = i + 1) begin
      for (j = 0; j < NEURONS; j = j + 1)
        load(SYNAPSE, i / ROWS, j % COLUMNS, j / COLUMNS * ROWS + i % ROWS,
             {12'd0, weights[i*NEURONS+j]});
      load(INPUT, i / ROWS, 0, i % ROWS, 0);
    end
    for (j = 0; j < NEURONS; j = j + 1) begin
      load(OUTPUT, 0, 0, j, 0);
      load(NEURON, 0, 0, j, 0);
    end

    for (step = 0; step < STEPS; step = step + 1) begin
      take_step;
      take_output;
    end

    for (i = 0; i < INPUTS; i = i + 1)
      for (j = 0; j < NEURONS; j = j + 1) begin
        read(SYNAPSE, i / ROWS, j % COLUMNS, j / COLUMNS * ROWS + i % ROWS);
        $display("synapse %0d %0d weight %0d eligibility %0d", i, j, answer[15:0],
                 eligibility);
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
      $display("neuron %0d potential %0d refractory %0d", j, potential, answer[21]);
    end
    get(STEPS_DONE);
    if (answer != STEPS) $display("FAILED: %0d steps done", answer);
    get(ERRORS);
    if (answer != 0) $display("FAILED: ERRORS is %h", answer);
    $display("finished");
    $finish;
  end
endmodule
