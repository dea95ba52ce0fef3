// What a board's top instantiates of its FPGA, as far as its function at the pins goes, for
// simulation at the clock that the PLL gives: the clock passes, and the PLL locks after a while.
// Memories and multipliers are not here; the text of the top has them behaviourally.

module sc_pll_lock(input clock, output locked);
  reg [6:0] count = 0;
  assign locked = &count;
  always @(posedge clock) if (!locked) count <= count + 1;
endmodule

module SB_PLL40_CORE #(
  parameter FEEDBACK_PATH = "SIMPLE",
  parameter [3:0] DIVR = 0,
  parameter [6:0] DIVF = 0,
  parameter [2:0] DIVQ = 0,
  parameter [2:0] FILTER_RANGE = 0
) (input REFERENCECLK, RESETB, BYPASS, output PLLOUTGLOBAL, LOCK);
  assign PLLOUTGLOBAL = REFERENCECLK;
  sc_pll_lock lock(.clock(REFERENCECLK), .locked(LOCK));
endmodule

module SB_PLL40_PAD #(
  parameter FEEDBACK_PATH = "SIMPLE",
  parameter [3:0] DIVR = 0,
  parameter [6:0] DIVF = 0,
  parameter [2:0] DIVQ = 0,
  parameter [2:0] FILTER_RANGE = 0
) (input PACKAGEPIN, RESETB, BYPASS, output PLLOUTGLOBAL, LOCK);
  assign PLLOUTGLOBAL = PACKAGEPIN;
  sc_pll_lock lock(.clock(PACKAGEPIN), .locked(LOCK));
endmodule

// It pulls its pins down where their inputs are 1.
module SB_RGBA_DRV #(
  parameter CURRENT_MODE = "0b0",
  parameter RGB0_CURRENT = "0b000000",
  parameter RGB1_CURRENT = "0b000000",
  parameter RGB2_CURRENT = "0b000000"
) (input CURREN, RGBLEDEN, RGB0PWM, RGB1PWM, RGB2PWM, output RGB0, RGB1, RGB2);
  assign {RGB2, RGB1, RGB0} = ~({RGB2PWM, RGB1PWM, RGB0PWM} & {3{CURREN & RGBLEDEN}});
endmodule

module EHXPLLL #(
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED",
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter OUTDIVIDER_MUXC = "DIVC",
  parameter OUTDIVIDER_MUXD = "DIVD",
  parameter CLKOP_ENABLE = "ENABLED",
  parameter CLKOP_FPHASE = 0,
  parameter CLKOP_CPHASE = 0,
  parameter CLKOP_DIV = 8,
  parameter CLKFB_DIV = 1,
  parameter CLKI_DIV = 1,
  parameter FEEDBK_PATH = "CLKOP"
) (
  input CLKI, CLKFB, RST, STDBY, ENCLKOP,
  input PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC,
  output CLKOP, LOCK
);
  assign CLKOP = CLKI;
  sc_pll_lock lock(.clock(CLKI), .locked(LOCK));
endmodule

module rPLL #(
  parameter DEVICE = "GW1NR-9C",
  parameter FCLKIN = "27",
  parameter DYN_IDIV_SEL = "false",
  parameter IDIV_SEL = 0,
  parameter DYN_FBDIV_SEL = "false",
  parameter FBDIV_SEL = 0,
  parameter DYN_ODIV_SEL = "false",
  parameter ODIV_SEL = 8,
  parameter DYN_SDIV_SEL = 2,
  parameter PSDA_SEL = "0000",
  parameter DUTYDA_SEL = "1000",
  parameter CLKFB_SEL = "internal",
  parameter CLKOUT_BYPASS = "false"
) (
  input CLKIN, CLKFB, RESET, RESET_P,
  input [5:0] FBDSEL, IDSEL, ODSEL,
  input [3:0] PSDA, DUTYDA, FDLY,
  output CLKOUT, LOCK
);
  assign CLKOUT = CLKIN;
  sc_pll_lock lock(.clock(CLKIN), .locked(LOCK));
endmodule

module PLLE2_BASE #(
  parameter CLKIN1_PERIOD = "10",
  parameter DIVCLK_DIVIDE = 1,
  parameter CLKFBOUT_MULT = 5,
  parameter CLKOUT0_DIVIDE = 1
) (input CLKIN1, CLKFBIN, RST, PWRDWN, output CLKFBOUT, CLKOUT0, LOCKED);
  assign CLKFBOUT = CLKIN1;
  assign CLKOUT0 = CLKIN1;
  sc_pll_lock lock(.clock(CLKIN1), .locked(LOCKED));
endmodule

module BUFG(input I, output O);
  assign O = I;
endmodule
