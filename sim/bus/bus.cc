// A verilated system with the door `wishbone`, and an initiator that makes accesses of its bus.
//
// Between two accesses the bus rests for as many clocks as chance has it. Each access counts its
// clocks; one that takes more than it may ends the run.

#include <cstdint>

#include "Vdut.h"
#include "random.h"
#include "verilated.h"

// `___05F`: Verilator's way to write two underscores in a row.
namespace {

struct Access {
  uint32_t is_write, address, word;  // address in words
  uint32_t answer, error, clocks;    // filled in
};

class System {
 public:
  int64_t clocks = 0;

  explicit System(uint64_t seed) {
    random.state = seed;
    top.clk = 0;
    top.rst = 0;
    rest();
    top.eval();
  }
  ~System() { top.final(); }

  void reset(int64_t length) {
    top.rst = 1;
    wait(length);
    top.rst = 0;
  }

  void wait(int64_t length) {
    rest();
    for (int64_t n = 0; n < length; n++) clock();
  }

  // How many of the accesses have ended, each within `most` clocks.
  int64_t access(Access *list, int64_t count, double idle, int64_t most) {
    for (int64_t n = 0; n < count; n++) {
      Access &one = list[n];
      rest();
      while (random.chance(idle)) clock();
      top.wishbone___05Fcyc = 1;
      top.wishbone___05Fstb = 1;
      top.wishbone___05Fwe = one.is_write;
      top.wishbone___05Fadr = one.address;
      top.wishbone___05Fdat_w = one.is_write ? one.word : (uint32_t)random.draw();
      top.wishbone___05Fsel = 0xf;
      for (one.clocks = 1;; one.clocks++) {
        low();
        const bool ended = top.wishbone___05Fack || top.wishbone___05Ferr;
        one.answer = top.wishbone___05Fdat_r;
        one.error = top.wishbone___05Ferr;
        high();
        if (ended) break;
        if (one.clocks > most) return n;
      }
    }
    rest();
    return count;
  }

  bool interrupt() { return top.irq; }

 private:
  VerilatedContext context;
  Vdut top{&context};
  Random random;

  // What a target must not look at is random.
  void rest() {
    top.wishbone___05Fcyc = 0;
    top.wishbone___05Fstb = random.draw() & 1;
    top.wishbone___05Fwe = random.draw() & 1;
    top.wishbone___05Fadr = random.draw() & 0xffff;
    top.wishbone___05Fdat_w = random.draw();
  }

  void low() {
    top.clk = 0;
    top.eval();
  }

  void high() {
    top.clk = 1;
    top.eval();
    clocks++;
  }

  void clock() {
    low();
    high();
  }
};

}  // namespace

extern "C" {
System *bus_new(uint64_t seed) { return new System(seed); }
void bus_delete(System *s) { delete s; }
void bus_reset(System *s, int64_t clocks) { s->reset(clocks); }
void bus_wait(System *s, int64_t clocks) { s->wait(clocks); }
int64_t bus_clocks(System *s) { return s->clocks; }
bool bus_interrupt(System *s) { return s->interrupt(); }
int64_t bus_access(System *s, Access *list, int64_t count, double idle, int64_t most) {
  return s->access(list, count, idle, most);
}
}
