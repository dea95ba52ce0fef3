// Transfers at full speed in a design with one clock.
//
// `Run` would do the same with its idle probabilities at 0. But a bank's clock takes 100 ns and a
// layer's 300 ns, and what a run writes to memory for resets, restarts and statistics costs up to a
// quarter of that; the time alone, stored twice a clock, costs a tenth of a layer's speed. Here
// only words are counted, and `Sink.times` are clocks, 0 for the first one of the call.

#pragma once

#include "run.h"

// True where all sources are empty and every sink has what it wants; false where nothing has been
// transferred for more than `patience` clocks.
template <class SIMULATOR>
bool transact(SIMULATOR &s, Source *caller_sources, Sink *caller_sinks, int64_t patience) {
  // copies on the stack: in the caller's arrays, on the heap beside the design's state, they cost
  // a layer 40 ns a clock
  std::array<Source, Sources::size> sources;
  std::array<Sink, Sinks::size> sinks;
  std::copy_n(caller_sources, Sources::size, sources.begin());
  std::copy_n(caller_sinks, Sinks::size, sinks.begin());
  auto &top = s.top;
  DomainState &domain = s.domains[0];
  const int64_t period = domain.period;
  const int64_t first_rise = domain.rise;
  int64_t clocks = 0, last_transfer = 0;
  bool finished = false;
  each<Domains>([&](auto item, auto) { set<typename decltype(item)::reset>(top, false); });
  each<Sinks>([&](auto item, auto) {
    using S = decltype(item);
    if constexpr (S::has_ready) set<typename S::ready>(top, true);
  });
  for (;; clocks++) {
    bool more = false;  // without branches: all of it is true in nearly every clock
    for (size_t k = 0; k < Sources::size; k++) more |= sources[k].done < sources[k].count;
    for (size_t k = 0; k < Sinks::size; k++) more |= sinks[k].done < sinks[k].wanted;
    finished = !more;
    if (finished || clocks - last_transfer > patience) break;
    each<Sources>([&](auto item, auto k) {
      using S = decltype(item);
      const bool valid = sources[k].done < sources[k].count;
      set<typename S::valid>(top, valid);
      if (valid) S::write_payload(top, sources[k].words + sources[k].done * S::words);
    });
    if constexpr (WITH_WAVES) s.now = first_rise + clocks * period - period / 2;
    each<Domains>([&](auto item, auto) { set<typename decltype(item)::clock>(top, false); });
    s.eval();
    each<Sources>([&](auto item, auto k) {
      using S = decltype(item);
      if (is_high<typename S::valid>(top) && is_high<typename S::ready>(top)) {
        sources[k].done++;
        last_transfer = clocks;
      }
    });
    each<Sinks>([&](auto item, auto k) {
      using S = decltype(item);
      if (is_high<typename S::valid>(top)) {
        Sink &sink = sinks[k];
        if (sink.done < sink.room) {
          S::read_payload(top, sink.words + sink.done * S::words);
          sink.times[sink.done] = clocks;
        }
        sink.done++;
        last_transfer = clocks;
      }
    });
    if constexpr (WITH_WAVES) s.now = first_rise + clocks * period;
    each<Domains>([&](auto item, auto) { set<typename decltype(item)::clock>(top, true); });
    s.eval();
  }
  std::copy(sources.begin(), sources.end(), caller_sources);
  std::copy(sinks.begin(), sinks.end(), caller_sinks);
  s.now = first_rise + (clocks - 1) * period;  // of the last edge
  domain.edges += clocks;
  domain.rise = first_rise + clocks * period;
  domain.fall = domain.rise - period / 2;
  return finished;
}
