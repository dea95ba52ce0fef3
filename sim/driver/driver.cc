// The C interface of a verilated design: clocks, streams of words, ports as arrays.
//
// `sc_sim.driver.library` writes the generated `design.h` beside this file and compiles both with the
// verilated Verilog; `sc_sim.driver.driver` calls it. Times are whole picoseconds.

#include "run.h"
#include "transact.h"

namespace {

// Bytes of an element, negative if signed; 0: one int64 for all clocks.
struct Array {
  const void *data;
  int64_t kind;
};

inline int64_t element(const Array &a, int64_t i) {
  switch (a.kind) {
    case 1: return ((const uint8_t *)a.data)[i];
    case -1: return ((const int8_t *)a.data)[i];
    case 2: return ((const uint16_t *)a.data)[i];
    case -2: return ((const int16_t *)a.data)[i];
    case 4: return ((const uint32_t *)a.data)[i];
    case -4: return ((const int32_t *)a.data)[i];
    case 0: return *(const int64_t *)a.data;
    default: return ((const int64_t *)a.data)[i];
  }
}

// The narrowest integer of C that holds so many bits, as `element_bits` in Python chooses it.
template <int BITS, bool SIGNED> struct Narrowest {
  using Signed = std::conditional_t<
      BITS <= 8, int8_t,
      std::conditional_t<BITS <= 16, int16_t, std::conditional_t<BITS <= 32, int32_t, int64_t>>>;
  using type = std::conditional_t<SIGNED, Signed, std::make_unsigned_t<Signed>>;
};

template <int BITS> inline int64_t sign_extended(uint64_t value) {
  return (int64_t)(value << (64 - BITS)) >> (64 - BITS);
}

}  // namespace

extern "C" {

Simulator *rtl_new() { return new Simulator; }
void rtl_delete(Simulator *s) { delete s; }

// Waves go into the file from now on; false from a library that was built without them.
bool rtl_trace(Simulator *s, const char *file) {
#ifdef SC_WAVES
  s->trace = new VerilatedVcdC;
  s->top.trace(s->trace, 99);  // all levels of the hierarchy
  s->trace->open(file);
  return true;
#else
  (void)s;
  (void)file;
  return false;
#endif
}

// A domain's clock: the first rising edge is at `phase`; each period differs by up to +-jitter, and
// wanders by up to +-drift.
void rtl_clock(Simulator *s, int domain, int64_t period, int64_t phase, int64_t jitter,
               int64_t drift) {
  DomainState &d = s->domains[domain];
  d.period = period;
  d.jitter = jitter;
  d.drift = drift;
  d.rise = phase;
}

// Begins: the seed of all that is random in here, and the window of metastability as a share of the
// shorter period (0: none).
void rtl_begin(Simulator *s, uint64_t seed, double share) {
  s->random.state = seed;
  s->each_crossing([&](auto item, CrossingState &state) {
    using C = decltype(item);
    const int64_t shorter =
        std::min(s->domains[C::from].shortest(), s->domains[C::to].shortest());
    state.window = (int64_t)(share * (double)shorter);
  });
  s->eval();
  s->each_crossing([&](auto item, CrossingState &state) {
    read<typename decltype(item)::seen>(*s->top.rootp, state.last.data());
  });
}

// Transfers words until every source is empty and every sink has what it wants, or until nothing
// has been transferred for `quiet` ps (a sink that wants -1 waits for that).
bool rtl_run(Simulator *s, Source *sources, Sink *sinks, Reset *resets, int64_t n_resets,
             int64_t *watched, Log *logs, Count *counts, int64_t quiet) {
  return Run{*s, sources, sinks, resets, n_resets, watched, logs, counts}.run(quiet);
}

// Transfers words at full speed in a design with one steady clock: no idle clocks, no resets, and of
// the counts and logs only the words of the sinks, with the clock of the call for their time. Ends
// like `rtl_run`; `patience` is in clocks.
bool rtl_transact(Simulator *s, Source *sources, Sink *sinks, int64_t patience) {
  if constexpr (Domains::size == 1) {
    return transact(*s, sources, sinks, patience);
  } else {
    (void)s, (void)sources, (void)sinks, (void)patience;
    return false;
  }
}

// A value for each input and clock of a design with one clock; the outputs just after the rising
// edge that took it. False for a design with several clocks.
bool rtl_play(Simulator *s, int64_t count, const Array *in, void *const *out) {
  if constexpr (Domains::size != 1) {
    (void)s, (void)count, (void)in, (void)out;
    return false;
  } else {
    for (int64_t i = 0; i < count; i++) {
      each<Inputs>([&](auto item, auto k) {
        using P = decltype(item);
        if constexpr (P::bits <= 64) {
          const uint64_t value = (uint64_t)element(in[k], i);
          write<P>(s->top, &value);
        }
      });
      each<Domains>([&](auto item, auto k) {
        s->now = s->domains[k].fall;
        s->lower_clock<k, decltype(item)>();
        s->now = s->domains[k].rise;
        s->domains[k].edges++;
        s->raise_clock<k, decltype(item)>();
      });
      s->eval();
      each<Outputs>([&](auto item, auto k) {
        using O = decltype(item);
        constexpr int bits = O::port::bits;
        if constexpr (bits <= 64) {
          using Element = typename Narrowest<bits, O::is_signed>::type;
          const uint64_t value = O::port::at(s->top);
          if (out[k])
            ((Element *)out[k])[i] =
                (Element)(O::is_signed ? sign_extended<bits>(value) : (int64_t)value);
        }
      });
    }
    return true;
  }
}

int64_t rtl_edges(Simulator *s, int domain) { return s->domains[domain].edges; }
int64_t rtl_now(Simulator *s) { return s->now; }
int64_t rtl_edges_together(Simulator *s) { return s->edges_together; }
int64_t rtl_taken_in_restart(Simulator *s) { return s->taken_in_restart; }

}  // extern "C"
