// Ports, streams and crossings of the verilated design as C++ types.
//
// The generated `design.h` lists them. All of it is known to the compiler, which unrolls every
// loop over ports and picks the code for each port's width.

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

// A signal of the design. `top` is the verilated model, `root` its hierarchy.
#define SC_PORT(NAME, SIGNAL, BITS)                                  \
  struct NAME {                                                      \
    static constexpr int bits = BITS;                                \
    template <class TOP> static auto &at(TOP &top) { return SIGNAL; } \
  };

struct NoPort {
  static constexpr int bits = 0;
};

// 64-bit words that hold the bits of a port.
template <class PORT> constexpr int words_of = (PORT::bits + 63) / 64;

template <class PORT, class TOP> inline bool is_high(TOP &top) { return PORT::at(top); }

template <class PORT, class TOP> inline void set(TOP &top, bool value) { PORT::at(top) = value; }

template <class PORT, class TOP> inline void read(TOP &top, uint64_t *to) {
  if constexpr (PORT::bits <= 64) {
    *to = PORT::at(top);
  } else {  // Verilator keeps wide ports as 32-bit words
    for (int w = 0; w < words_of<PORT>; w++) to[w] = 0;
    for (int w = 0; w < (PORT::bits + 31) / 32; w++)
      to[w / 2] |= (uint64_t)PORT::at(top)[w] << (32 * (w & 1));
  }
}

// Bits beyond the port's width must be 0 for Verilator: they are masked here.
template <class PORT, class TOP> inline void write(TOP &top, const uint64_t *from) {
  constexpr int bits = PORT::bits;
  if constexpr (bits <= 64) {
    PORT::at(top) = bits < 64 ? *from & ((1ULL << (bits & 63)) - 1) : *from;
  } else {
    for (int w = 0; w < (bits + 31) / 32; w++)
      PORT::at(top)[w] = (uint32_t)(from[w / 2] >> (32 * (w & 1)));
    if constexpr (bits % 32 != 0) PORT::at(top)[bits / 32] &= (1U << (bits % 32)) - 1;
  }
}

template <class CLOCK, class RESET> struct Domain {
  using clock = CLOCK;
  using reset = RESET;
};

// A stream, or an event: an event has no `ready`, and its payload may be several ports, each of
// which begins a word of its own.
template <int DOMAIN, class VALID, class READY, class RESTART, class... PAYLOAD> struct Stream {
  static constexpr int domain = DOMAIN;
  static constexpr bool has_ready = READY::bits > 0, has_restart = RESTART::bits > 0;
  static constexpr int words = (words_of<PAYLOAD> + ... + 0);
  using valid = VALID;
  using ready = READY;
  using restart = RESTART;

  template <class TOP> static void read_payload(TOP &top, uint64_t *to) {
    ((read<PAYLOAD>(top, to), to += words_of<PAYLOAD>), ...);
    (void)top;
    (void)to;
  }
  template <class TOP> static void write_payload(TOP &top, const uint64_t *from) {
    ((write<PAYLOAD>(top, from), from += words_of<PAYLOAD>), ...);
  }
};

// An output whose high clocks are counted.
template <int DOMAIN, class PORT> struct Watch {
  static constexpr int domain = DOMAIN;
  using port = PORT;
};

// A register that takes bits of a foreign clock: a synchroniser's first flip-flop, or a capture,
// which takes words when `TAKEN` is high.
template <int FROM, int TO, class SEEN, class LATE, class TAKEN> struct Crossing {
  static constexpr int from = FROM, to = TO;
  using seen = SEEN;
  using late = LATE;
  using taken = TAKEN;
};

template <class PORT, bool SIGNED> struct Output {
  using port = PORT;
  static constexpr bool is_signed = SIGNED;
};

template <class... ITEMS> struct List {
  static constexpr size_t size = sizeof...(ITEMS);
};

// Calls f(item, constant index) for every item of a list.
template <class... ITEMS, class F, size_t... INDEX>
inline void each_of(List<ITEMS...>, std::index_sequence<INDEX...>, F &&f) {
  (f(ITEMS{}, std::integral_constant<size_t, INDEX>{}), ...);
}
template <class LIST, class F> inline void each(F &&f) {
  each_of(LIST{}, std::make_index_sequence<LIST::size>{}, f);
}
