// A verilated block at the end of a serial line, bit by bit: the host's UART or SPI controller, and,
// where the top has a Wishbone, a memory behind it that writes down every access.
//
// `sc_sim.serial_line` compiles this file with the Verilog of any top with `clk`, `rst` and `rx`,
// `tx` (or, with SC_SPI, `sck`, `cs_n`, `mosi`, `miso`). The host's bits have times of their own, in
// fractions of a clock: its baud rate may be another one, and its edges fall anywhere. With SC_BOARD
// the top is a whole board, which has no `rst`: its power is switched off and on.

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "Vdut.h"
#include "random.h"
#include "verilated.h"

namespace {

struct Access {
  uint32_t address, is_write, word;
};

// What the caller sets; times are clocks of the block.
struct Settings {
  double send_bit, receive_bit;  // length of the host's bits
  double glitches;               // probability that a glitch begins in a clock
  int64_t glitch_clocks;         // its longest length
  int64_t waits;                 // most clocks that the memory makes the bus wait
  int64_t refused_low, refused_high;  // addresses that it refuses, the last one excluded
};

class Line {
 public:
  Settings settings{12, 12, 0, 1, 0, 0, 0};
  std::deque<uint8_t> to_send, received;
  std::vector<Access> log;
  int64_t clocks = 0, framing_errors = 0;

  explicit Line(uint64_t seed) {
    random.state = seed;
    memory.resize(1 << 16);
    power_on();
  }
  ~Line() { model->final(); }

#ifdef SC_BOARD
  void reset(int64_t) {
    model->final();
    power_on();
  }
#else
  void reset(int64_t length) {
    model->rst = 1;
    for (int64_t i = 0; i < length; i++) clock();
    model->rst = 0;
  }
#endif

  // Runs until so many bytes have been received, or so many clocks have passed.
  int64_t run(int64_t most, int64_t wanted) {
    int64_t n = 0;
    for (; n < most && (int64_t)received.size() < wanted; n++) clock();
    return n;
  }

  // Forgets what is on the way: the cable was pulled.
  void pull() {
    to_send.clear();
    received.clear();
    sending = receiving = -1;
    level = true;
  }

 private:
  VerilatedContext context;
  std::unique_ptr<Vdut> model;
  Random random;
  std::vector<uint32_t> memory;
  int64_t wait = -1;
  // UART: bit of the byte under way, -1: none
  int sending = -1, receiving = -1;
  uint8_t byte_out = 0, byte_in = 0;
  double out_until = 0, free_at = -1, sample_at = 0;
  bool level = true, last_tx = true;
  int64_t glitch_left = 0;

  void power_on() {
    model.reset();
    model = std::make_unique<Vdut>(&context);
    model->clk = 0;
#ifndef SC_BOARD
    model->rst = 0;
#endif
    idle_inputs();
    model->eval();
  }

  double uniform() { return (double)(random.draw() >> 11) * 0x1.0p-53; }

  void clock() {
    host();
    bus();
    Vdut &top = *model;
    top.clk = 0;
    top.eval();
    top.clk = 1;
    top.eval();
    clocks++;
  }

#ifdef SC_SPI
  bool phase_high = false, selected = false;
  double edge_at = 0;

  void idle_inputs() { model->sck = 0, model->cs_n = 1, model->mosi = 0; }

  // Mode 0: bytes go out while there are any, and as many come in.
  void host() {
    const double now = (double)clocks;
    if (!selected) {
      if (to_send.empty() || now < edge_at) return;
      selected = true;
      model->cs_n = 0;
      edge_at = now + 4 + settings.send_bit / 2;
      sending = 0;
      model->mosi = to_send.front() >> 7;
      return;
    }
    if (now < edge_at) return;
    edge_at += settings.send_bit / 2;
    if (!phase_high) {
      model->sck = 1;
      byte_in = (uint8_t)(byte_in << 1 | (model->miso & 1));
    } else {
      model->sck = 0;
      if (++sending == 8) {
        to_send.pop_front();
        received.push_back(byte_in);
        sending = 0;
        if (to_send.empty()) {
          selected = false;
          model->cs_n = 1;
          phase_high = false;
          edge_at = now + settings.send_bit;
          return;
        }
      }
      model->mosi = to_send.front() >> (7 - sending) & 1;
    }
    phase_high = !phase_high;
  }
#else
  void idle_inputs() { model->rx = 1; }

  void host() {
    send();
    receive();
  }

  void send() {
    const double now = (double)clocks;
    while (sending >= 0 && now >= out_until) {  // the next bit
      if (++sending == 10) {
        sending = -1;
        free_at = out_until;
      } else {
        level = sending == 9 || (byte_out >> (sending - 1) & 1);
        out_until += settings.send_bit;
      }
    }
    if (sending < 0 && !to_send.empty()) {
      byte_out = to_send.front();
      to_send.pop_front();
      sending = 0;
      level = false;
      // directly behind the byte before, or else at any moment of this clock
      out_until = (now - free_at < 1 ? free_at : now + uniform()) + settings.send_bit;
    }
    if (glitch_left > 0) glitch_left--;
    else if (settings.glitches > 0 && random.chance(settings.glitches))
      glitch_left = 1 + (int64_t)(uniform() * (double)settings.glitch_clocks);
    model->rx = level != (glitch_left > 0);
  }

  void receive() {
    const double now = (double)clocks;
    const bool tx = model->tx & 1;
    if (receiving < 0) {
      if (!tx && last_tx) {
        receiving = 0;
        sample_at = now + settings.receive_bit / 2;
      }
    } else if (now >= sample_at) {
      sample_at += settings.receive_bit;
      if (receiving == 0 && tx) receiving = -2;
      if (receiving >= 1 && receiving <= 8) byte_in = (uint8_t)(byte_in >> 1 | (tx ? 128 : 0));
      if (receiving == 9) {
        if (tx) received.push_back(byte_in);
        else framing_errors++;
        receiving = -2;
      }
      receiving++;
    }
    last_tx = tx;
  }
#endif

// Verilator writes a double underscore as ___05F
#ifdef SC_BUS
  void bus() {
    if (model->bus___05Fack || model->bus___05Ferr) {
      model->bus___05Fack = model->bus___05Ferr = 0;
      return;
    }
    if (!model->bus___05Fcyc || !model->bus___05Fstb) {
      wait = -1;
      return;
    }
    if (wait < 0) wait = (int64_t)(uniform() * (double)(settings.waits + 1));
    if (wait-- > 0) return;
    const uint32_t address = model->bus___05Fadr;
    const bool refused = address >= settings.refused_low && address < settings.refused_high;
    log.push_back({address, model->bus___05Fwe, model->bus___05Fwe ? (uint32_t)model->bus___05Fdat_w : 0});
    if (refused) {
      model->bus___05Ferr = 1;
      model->bus___05Fdat_r = 0;
      return;
    }
    if (model->bus___05Fwe) memory[address] = model->bus___05Fdat_w;
    model->bus___05Fdat_r = memory[address];
    model->bus___05Fack = 1;
  }
#else
  void bus() {}
#endif
};

}  // namespace

extern "C" {

Line *line_new(uint64_t seed) { return new Line(seed); }
void line_delete(Line *line) { delete line; }
void line_set(Line *line, const Settings *settings) { line->settings = *settings; }
void line_reset(Line *line, int64_t clocks) { line->reset(clocks); }
void line_pull(Line *line) { line->pull(); }
void line_send(Line *line, const uint8_t *bytes, int64_t count) {
  line->to_send.insert(line->to_send.end(), bytes, bytes + count);
}
int64_t line_run(Line *line, int64_t clocks, int64_t wanted) { return line->run(clocks, wanted); }
int64_t line_waiting(Line *line) { return (int64_t)line->received.size(); }
int64_t line_unsent(Line *line) { return (int64_t)line->to_send.size(); }
void line_take(Line *line, uint8_t *bytes, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    bytes[i] = line->received.front();
    line->received.pop_front();
  }
}
int64_t line_clocks(Line *line) { return line->clocks; }
int64_t line_framing_errors(Line *line) { return line->framing_errors; }
int64_t line_accesses(Line *line) { return (int64_t)line->log.size(); }
void line_log(Line *line, uint32_t *out) {
  std::memcpy(out, line->log.data(), line->log.size() * sizeof(Access));
  line->log.clear();
}

}  // extern "C"
