// The driver's random numbers: one sequence for a seed, the same on every machine.

#pragma once

#include <cstdint>

struct Random {  // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 16)
  uint64_t state = 0;

  uint64_t draw() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  // Uniform in [-most, most]; draws nothing for 0, so that a steady clock costs no time.
  int64_t within(int64_t most) {
    return most ? (int64_t)(draw() % (uint64_t)(2 * most + 1)) - most : 0;
  }

  // True with this probability. The upper 53 bits are a double in [0, 1).
  bool chance(double probability) { return (double)(draw() >> 11) * 0x1.0p-53 < probability; }
};
