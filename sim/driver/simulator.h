// The running design: the verilated model, its clocks, and the state of its streams and crossings.

#pragma once

#include "Vdut.h"
#include "Vdut___024root.h"
#include "verilated.h"
#ifdef SC_WAVES
#include "verilated_vcd_c.h"
constexpr bool WITH_WAVES = true;
#else
constexpr bool WITH_WAVES = false;
#endif
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "ports.h"
#include "random.h"
//
#include "design.h"

struct DomainState {  // times in ps
  int64_t period = 2, jitter = 0, drift = 0, walk = 0, rise = 0, fall = 0, edges = 0;
  int64_t reset_left = 0;  // clocks of a reset pulse
  bool high = false;

  int64_t shortest() const { return period - jitter - drift; }
};

struct StreamState {
  bool offered = false;     // a source's word stays until it is taken
  bool restarting = false;  // in reset or restart, in the clock before
  bool waited = false;      // a word was not taken in the clock before
  int32_t epoch = 0;        // restarts so far
  std::vector<uint64_t> shown, next;
};

struct CrossingState {
  int64_t window = 0;              // ps before an edge in which a change may be missed
  int64_t when = INT64_MIN / 2;    // of the last change
  std::vector<uint64_t> last, next, changed, mask;
  bool is_late = false;            // `mask` is not 0
};

struct Simulator {
  VerilatedContext context;
  Vdut top{&context};
#ifdef SC_WAVES
  VerilatedVcdC *trace = nullptr;
  int64_t dumped = -1;
#endif
  std::array<DomainState, Domains::size> domains;
  std::array<StreamState, Sources::size> sources;
  std::array<StreamState, Sinks::size> sinks;
  std::array<CrossingState, Synchronisers::size> synchronisers;
  std::array<CrossingState, Captures::size> captures;
  Random random;
  int64_t now = 0, last_transfer = 0, edges_together = 0, taken_in_restart = 0;

  Simulator() {
#ifdef SC_WAVES
    context.traceEverOn(true);
#endif
    const auto resize = [](auto &states) {
      return [&states](auto item, auto k) {
        for (auto *words : {&states[k].shown, &states[k].next}) words->resize(item.words);
      };
    };
    each<Sources>(resize(sources));
    each<Sinks>(resize(sinks));
    each_crossing([](auto item, CrossingState &state) {
      using C = decltype(item);
      for (auto *words : {&state.last, &state.next, &state.changed, &state.mask})
        words->resize(words_of<typename C::seen>);
    });
  }
  ~Simulator() {
#ifdef SC_WAVES
    if (trace) {
      trace->close();
      delete trace;
    }
#endif
    top.final();
  }
  Simulator(const Simulator &) = delete;
  Simulator &operator=(const Simulator &) = delete;

  template <class F> void each_crossing(F f) {
    each<Synchronisers>([&](auto item, auto k) { f(item, synchronisers[k]); });
    each<Captures>([&](auto item, auto k) { f(item, captures[k]); });
  }

  // Evaluates the design; with waves, two evaluations at one time stand a picosecond apart.
  void eval() {
    top.eval();
#ifdef SC_WAVES
    if (trace) {
      dumped = std::max(dumped + 1, now);
      trace->dump((uint64_t)dumped);
    }
#endif
  }

  // Sets a clock and draws when its next edges are. The period wanders by steps of up to a
  // sixteenth of the drift: slowly, as a crystal does with its temperature.
  template <size_t DOMAIN, class D> void raise_clock() {
    DomainState &state = domains[DOMAIN];
    set<typename D::clock>(top, true);
    state.high = true;
    state.walk =
        std::clamp(state.walk + random.within(state.drift / 16), -state.drift, state.drift);
    const int64_t length = state.period + state.walk + random.within(state.jitter);
    state.fall = now + length / 2;
    state.rise = now + length;
  }
  template <size_t DOMAIN, class D> void lower_clock() {
    set<typename D::clock>(top, false);
    domains[DOMAIN].high = false;
    eval();
  }
};
