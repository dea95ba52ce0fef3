// The system in Verilator, behind an AXI4-Lite manager that offers address, data and ready after
// random waits, independently of each other.
#include "simulation.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "Vsc_system.h"
#include "verilated.h"

namespace {

constexpr int kMostWait = 3;         // clocks that a channel waits by chance
constexpr int kMostClocks = 100000;  // of one access: far more than any takes

std::mt19937 random_numbers(1);

int wait_of_channel() { return std::uniform_int_distribution<int>(0, kMostWait)(random_numbers); }

class System {
 public:
  System() {
    top_.rst = 1;
    settle();
    edge();
    top_.rst = 0;
  }
  ~System() { top_.final(); }

  int read(uint32_t offset, uint32_t *value) {
    int address_wait = wait_of_channel(), answer_wait = wait_of_channel();
    bool asked = false;
    for (int count = 0; count < kMostClocks; count++) {
      top_.s_axi_arvalid = !asked && address_wait-- <= 0;
      top_.s_axi_araddr = offset;
      top_.s_axi_rready = answer_wait-- <= 0;
      settle();
      const bool takes = top_.s_axi_arvalid && top_.s_axi_arready;
      const bool answers = top_.s_axi_rvalid && top_.s_axi_rready;
      const int response = top_.s_axi_rresp;
      *value = top_.s_axi_rdata;
      edge();
      asked |= takes;
      if (answers) {
        top_.s_axi_rready = 0;
        return response;
      }
    }
    return late(offset);
  }

  int write(uint32_t offset, uint32_t value) {
    int address_wait = wait_of_channel(), data_wait = wait_of_channel();
    int answer_wait = wait_of_channel();
    bool addressed = false, given = false;
    for (int count = 0; count < kMostClocks; count++) {
      top_.s_axi_awvalid = !addressed && address_wait-- <= 0;
      top_.s_axi_awaddr = offset;
      top_.s_axi_wvalid = !given && data_wait-- <= 0;
      top_.s_axi_wdata = value;
      top_.s_axi_wstrb = 0xf;
      top_.s_axi_bready = answer_wait-- <= 0;
      settle();
      const bool takes_address = top_.s_axi_awvalid && top_.s_axi_awready;
      const bool takes_data = top_.s_axi_wvalid && top_.s_axi_wready;
      const bool answers = top_.s_axi_bvalid && top_.s_axi_bready;
      const int response = top_.s_axi_bresp;
      edge();
      addressed |= takes_address;
      given |= takes_data;
      if (answers) {
        top_.s_axi_bready = 0;
        return response;
      }
    }
    return late(offset);
  }

 private:
  // What the rising edge sees of the inputs that have been set, and the edge itself.
  void settle() {
    top_.clk = 0;
    top_.eval();
  }
  void edge() {
    top_.clk = 1;
    top_.eval();
  }

  int late(uint32_t offset) {
    std::printf("FAILED: no answer at offset %x within %d clocks\n", offset, kMostClocks);
    std::exit(1);
  }

  Vsc_system top_;
};

System &simulated() {
  static System system;
  return system;
}

}  // namespace

extern "C" int simulation_read32(void *, uint32_t offset, uint32_t *value) {
  return simulated().read(offset, value);
}

extern "C" int simulation_write32(void *, uint32_t offset, uint32_t value) {
  return simulated().write(offset, value);
}
