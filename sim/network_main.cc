// A verilated network under clocks of their own, driven wholly by arrays; `sim.network_library` writes tables.h beside it.
//
// Time is in whole picoseconds. Each domain has a period that wanders; an edge is an evaluation of its own, and edges that fall
// together are evaluated at once or one after the other, in any order. Inputs change at falling edges, outputs are sampled just
// before rising ones, as a synchronous neighbour would.
//
// Metastability: a bit that goes into a synchroniser and has changed within a window before the edge is taken old or new, at
// random. The window is a share of the shorter of the two clocks' periods: what the constraints on a crossing allow for its delay.

#include "Vdut.h"
#include "Vdut___024root.h"
#include "verilated.h"
#ifdef NETWORK_WAVES
#include "verilated_vcd_c.h"
#endif
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

struct Random {  // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)
  uint64_t state = 0;
  uint64_t draw() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  int64_t within(int64_t most) { return most ? (int64_t)(draw() % (uint64_t)(2 * most + 1)) - most : 0; }
  bool chance(double share) { return (double)(draw() >> 11) * 0x1.0p-53 < share; }
};

struct Port {  // a signal of the verilated design; nothing where `bits` is 0
  void *at = nullptr;
  int bits = 0;
  int words() const { return (bits + 63) / 64; }
  bool high() const { return *(uint8_t *)at; }
  void set(bool value) const { *(uint8_t *)at = value; }
  void read(uint64_t *to) const {
    if (bits <= 8) *to = *(uint8_t *)at;
    else if (bits <= 16) *to = *(uint16_t *)at;
    else if (bits <= 32) *to = *(uint32_t *)at;
    else if (bits <= 64) *to = *(uint64_t *)at;
    else {
      const uint32_t *parts = (const uint32_t *)at;
      for (int w = 0; w < words(); w++) to[w] = 0;
      for (int w = 0; w < (bits + 31) / 32; w++) to[w / 2] |= (uint64_t)parts[w] << (32 * (w & 1));
    }
  }
  void write(const uint64_t *from) const {
    const uint64_t mask = bits % 64 ? (1ULL << (bits % 64)) - 1 : ~0ULL;
    const uint64_t value = bits <= 64 ? *from & mask : 0;
    if (bits <= 8) *(uint8_t *)at = (uint8_t)value;
    else if (bits <= 16) *(uint16_t *)at = (uint16_t)value;
    else if (bits <= 32) *(uint32_t *)at = (uint32_t)value;
    else if (bits <= 64) *(uint64_t *)at = value;
    else {
      uint32_t *parts = (uint32_t *)at;
      const int last = (bits + 31) / 32 - 1;
      for (int w = 0; w <= last; w++) parts[w] = (uint32_t)(from[w / 2] >> (32 * (w & 1)));
      if (bits % 32) parts[last] &= (1U << (bits % 32)) - 1;
    }
  }
};

struct Domain {
  Port clock, reset;
  int64_t period = 2, jitter = 0, drift = 0, walk = 0, rise = 0, fall = 0, edges = 0, reset_left = 0;
  bool high = false;
  int64_t shortest() const { return period - jitter - drift; }
};

struct Stream {
  int domain;
  Port valid, ready, payload, restart;
  bool offered = false;  // a source's word stands until it is taken
  bool held = false;     // in reset or restart, in the clock before
  bool waited = false;   // a word was not taken in the clock before
  int32_t epoch = 0;     // restarts so far
  std::vector<uint64_t> shown, next;
};

struct Watch { int domain; Port port; };  // clocks in which it is high are counted

struct Synchroniser {  // or a capture: then `taken` says when
  int from, to;
  Port seen, late, taken;
  int64_t window = 0, when = INT64_MIN / 2;
  std::vector<uint64_t> last, next, changed, put;
  bool is_late = false;
};

}  // namespace

extern "C" {

struct Source {
  const uint64_t *words; int64_t *times; int32_t *epochs; int64_t count, done; double idle; int64_t idled, blocked, epoch, host;
};
struct Sink {
  uint64_t *words; int64_t *times; int32_t *epochs; int64_t room, wanted, done; double idle; int64_t idled, blocked, unstable;
};
struct Reset { int32_t domain; int64_t words, delay, clocks, at; };
struct Log { uint64_t *words; int64_t *times; int64_t room, done, torn; };  // words that a capture took
struct Count { int64_t windows, late; };                                    // of a synchroniser

}  // extern "C"

struct Bench {
  VerilatedContext context;
  Vdut top{&context};
#ifdef NETWORK_WAVES
  VerilatedVcdC *trace = nullptr;
  int64_t dumped = -1;
#endif
  std::vector<Domain> domains;
  std::vector<Stream> sources, sinks;
  std::vector<Watch> watches;
  std::vector<Synchroniser> synchronisers, captures;
  Random random;
  int64_t now = 0, moved = 0, together = 0, taken_in_restart = 0;

  ~Bench() {
#ifdef NETWORK_WAVES
    if (trace) { trace->close(); delete trace; }
#endif
    top.final();
  }
  void eval() {
    context.time((uint64_t)now);
    top.eval();
#ifdef NETWORK_WAVES
    if (trace) { dumped = std::max(dumped + 1, now); trace->dump((uint64_t)dumped); }
#endif
  }
};

#include "tables.h"

namespace {

// One call of `net_run`.
struct Run {
  Bench &b;
  Source *sources;
  Sink *sinks;
  Reset *resets;
  int64_t n_resets;
  int64_t *watched;
  Log *logs;
  Count *counts;

  // Behind a rising edge: what now goes into synchronisers and captures.
  static void look(Synchroniser &s, bool by_source, int64_t now) {
    s.seen.read(s.next.data());
    if (s.next == s.last) return;
    if (by_source) {
      for (size_t w = 0; w < s.next.size(); w++) s.changed[w] = s.next[w] ^ s.last[w];
      s.when = now;
    }
    s.last.swap(s.next);
  }
  bool in_window(const Synchroniser &s) const { return s.window > 0 && b.now - s.when <= s.window; }

  // Bits that changed in the window are taken old or new; how many there were, and how many old.
  void miss(Synchroniser &s, int64_t &windows, int64_t &late) {
    const bool now_late = in_window(s);
    if (!now_late && !s.is_late) return;
    for (size_t w = 0; w < s.put.size(); w++) {
      s.put[w] = now_late ? s.changed[w] & b.random.draw() : 0;
      if (now_late) windows += __builtin_popcountll(s.changed[w]);
      late += __builtin_popcountll(s.put[w]);
    }
    s.late.write(s.put.data());
    s.is_late = now_late;
  }

  void follow(Stream &stream, bool reset) {
    const bool busy = reset || (stream.restart.bits && stream.restart.high());
    if (!busy && stream.held) stream.epoch++;
    stream.held = busy;
  }

  // Just before a rising edge: what is transferred there, and what its synchronisers take.
  void sample(int domain) {
    Domain &d = b.domains[domain];
    const bool reset = d.reset.high();
    d.edges++;
    for (size_t k = 0; k < b.sources.size(); k++) {
      Stream &stream = b.sources[k];
      if (stream.domain != domain) continue;
      Source &source = sources[k];
      follow(stream, reset);
      source.epoch = stream.epoch;
      if (!stream.offered) source.idled += source.done < source.count;
      else if (!stream.ready.high()) source.blocked++;
      else if (!reset) {
        if (stream.held) b.taken_in_restart++;
        source.times[source.done] = b.now;
        source.epochs[source.done] = stream.epoch;
        source.done++;
        stream.offered = false;
        b.moved = b.now;
      }
    }
    for (size_t k = 0; k < b.sinks.size(); k++) {
      Stream &stream = b.sinks[k];
      if (stream.domain != domain) continue;
      Sink &sink = sinks[k];
      follow(stream, reset);
      const bool valid = stream.valid.high(), ready = stream.ready.high();
      if (valid) stream.payload.read(stream.next.data());
      // a word that waits must stand, unless the network restarts
      if (stream.waited && !stream.held && (!valid || stream.next != stream.shown)) sink.unstable++;
      stream.waited = valid && !ready && !stream.held;
      stream.shown.swap(stream.next);
      if (!ready) sink.blocked += valid;
      else if (!valid) sink.idled++;
      else if (!reset) {
        if (sink.done < sink.room) {
          std::copy(stream.shown.begin(), stream.shown.end(), sink.words + sink.done * (int64_t)stream.shown.size());
          sink.times[sink.done] = b.now;
          sink.epochs[sink.done] = stream.epoch;
        }
        sink.done++;
        b.moved = b.now;
      }
    }
    for (size_t k = 0; k < b.watches.size(); k++)
      if (b.watches[k].domain == domain) watched[k] += b.watches[k].port.high();
    for (size_t k = 0; k < b.synchronisers.size(); k++)
      if (b.synchronisers[k].to == domain) miss(b.synchronisers[k], counts[k].windows, counts[k].late);
    for (size_t k = 0; k < b.captures.size(); k++) {
      Synchroniser &s = b.captures[k];
      if (s.to != domain) continue;
      const bool taken = s.taken.high();
      int64_t windows = 0, late = 0;
      miss(s, windows, late);
      if (!taken) continue;
      Log &log = logs[k];
      log.torn += windows > 0;
      if (log.done < log.room) {
        uint64_t *to = log.words + log.done * (int64_t)s.last.size();
        for (size_t w = 0; w < s.last.size(); w++) to[w] = s.last[w] ^ (s.is_late ? s.put[w] : 0);
        log.times[log.done] = b.now;
      }
      log.done++;
      b.moved = b.now;
    }
  }

  void rise(const std::vector<int> &group) {
    for (int domain : group) sample(domain);
    for (int domain : group) {
      Domain &d = b.domains[domain];
      d.clock.set(true);
      d.high = true;
      d.reset_left -= d.reset_left > 0;
      d.walk = std::clamp(d.walk + b.random.within(d.drift / 16), -d.drift, d.drift);
      const int64_t length = d.period + d.walk + b.random.within(d.jitter);
      d.fall = b.now + length / 2;
      d.rise = b.now + length;
    }
    b.eval();
    const auto rose = [&](int domain) { return std::find(group.begin(), group.end(), domain) != group.end(); };
    for (auto *all : {&b.synchronisers, &b.captures})
      for (Synchroniser &s : *all) {
        const bool by_source = rose(s.from);
        if (by_source || rose(s.to)) look(s, by_source, b.now);
      }
  }

  // The host has written and asked for all it wants: before that no step is offered.
  bool host_done() const {
    for (size_t k = 0; k < b.sources.size(); k++)
      if (sources[k].host && sources[k].done < sources[k].count) return false;
    return true;
  }
  void fall(int domain) {
    Domain &d = b.domains[domain];
    const bool begun = host_done();
    for (int64_t k = 0; k < n_resets; k++) {
      Reset &reset = resets[k];
      if (begun && reset.at < 0 && sources[0].done >= reset.words) reset.at = b.now + reset.delay;
      if (reset.domain == domain && reset.clocks && reset.at >= 0 && b.now >= reset.at) {
        d.reset_left = std::max(d.reset_left, reset.clocks);
        reset.clocks = 0;
        b.moved = b.now;
      }
    }
    d.reset.set(d.reset_left > 0);
    for (size_t k = 0; k < b.sources.size(); k++) {
      Stream &stream = b.sources[k];
      if (stream.domain != domain) continue;
      Source &source = sources[k];
      if (!stream.offered && source.done < source.count && (source.host || begun) && !b.random.chance(source.idle)) stream.offered = true;
      stream.valid.set(stream.offered);
      if (stream.offered) stream.payload.write(source.words + source.done * stream.payload.words());
      else if (source.done < source.count) {  // what lies there while nothing is offered must not matter
        for (uint64_t &word : stream.shown) word = b.random.draw();
        stream.payload.write(stream.shown.data());
      }
    }
    for (size_t k = 0; k < b.sinks.size(); k++)
      if (b.sinks[k].domain == domain) b.sinks[k].ready.set(!b.random.chance(sinks[k].idle));
    d.clock.set(false);
    d.high = false;
    b.eval();
  }

  bool more() const {
    for (size_t k = 0; k < b.sinks.size(); k++)  // more words than there can be
      if (sinks[k].wanted < 0 && sinks[k].done > sinks[k].room) return false;
    for (size_t k = 0; k < b.captures.size(); k++)
      if (logs[k].room && logs[k].done > logs[k].room) return false;
    for (size_t k = 0; k < b.sources.size(); k++)
      if (sources[k].done < sources[k].count) return true;
    for (size_t k = 0; k < b.sinks.size(); k++)
      if (sinks[k].wanted < 0 || sinks[k].done < sinks[k].wanted) return true;
    for (int64_t k = 0; k < n_resets; k++)
      if (resets[k].clocks) return true;
    return false;
  }
};

}  // namespace

extern "C" {

Bench *net_new() {
  Bench *b = new Bench;
#ifdef NETWORK_WAVES
  b->context.traceEverOn(true);
#endif
  connect(*b);
  for (auto *all : {&b->sources, &b->sinks})
    for (Stream &stream : *all)
      for (auto *words : {&stream.shown, &stream.next}) words->resize(stream.payload.words());
  for (auto *all : {&b->synchronisers, &b->captures})
    for (Synchroniser &s : *all)
      for (auto *words : {&s.last, &s.next, &s.changed, &s.put}) words->resize(s.seen.words());
  return b;
}
void net_delete(Bench *b) { delete b; }

// Waves go into the file from now on; false from a library that was built without them.
bool net_trace(Bench *b, const char *file) {
#ifdef NETWORK_WAVES
  b->trace = new VerilatedVcdC;
  b->top.trace(b->trace, 99);
  b->trace->open(file);
  return true;
#else
  (void)b;
  (void)file;
  return false;
#endif
}

// A domain's clock, in ps: the first rising edge after `phase`; each period differs by up to +-jitter, and wanders by up to +-drift.
void net_clock(Bench *b, int domain, int64_t period, int64_t phase, int64_t jitter, int64_t drift) {
  Domain &d = b->domains[domain];
  d.period = period;
  d.jitter = jitter;
  d.drift = drift;
  d.rise = phase;
}

// Begin: the seed of all that is random in here, and the window as a share of the shorter period (0: no metastability).
void net_begin(Bench *b, uint64_t seed, double share) {
  b->random.state = seed;
  for (auto *all : {&b->synchronisers, &b->captures})
    for (Synchroniser &s : *all)
      s.window = (int64_t)(share * (double)std::min(b->domains[s.from].shortest(), b->domains[s.to].shortest()));
  b->eval();
  for (auto *all : {&b->synchronisers, &b->captures})
    for (Synchroniser &s : *all) s.seen.read(s.last.data());
}

// Until every source is empty and every sink has what it wants, or nothing has moved for `quiet` ps (a sink that wants -1 waits for
// that). True in the first case, or if all sources are empty.
bool net_run(Bench *b, Source *sources, Sink *sinks, Reset *resets, int64_t n_resets, int64_t *watched, Log *logs, Count *counts,
             int64_t quiet) {
  Run run{*b, sources, sinks, resets, n_resets, watched, logs, counts};
  b->moved = b->now;
  std::vector<int> group;
  while (run.more() && b->now - b->moved <= quiet) {
    int64_t next = INT64_MAX;
    for (const Domain &d : b->domains) next = std::min(next, d.high ? d.fall : d.rise);
    b->now = next;
    for (size_t k = 0; k < b->domains.size(); k++)
      if (b->domains[k].high && b->domains[k].fall == next) run.fall((int)k);
    group.clear();
    for (size_t k = 0; k < b->domains.size(); k++)
      if (!b->domains[k].high && b->domains[k].rise == next) group.push_back((int)k);
    if (group.size() > 1) {
      b->together++;
      for (size_t k = group.size() - 1; k > 0; k--) std::swap(group[k], group[b->random.draw() % (k + 1)]);
      if (b->random.draw() & 1) {
        for (int domain : group) run.rise({domain});
        continue;
      }
    }
    if (!group.empty()) run.rise(group);
  }
  for (size_t k = 0; k < b->sources.size(); k++)
    if (sources[k].done < sources[k].count) return false;
  for (size_t k = 0; k < b->sinks.size(); k++)
    if (sinks[k].wanted >= 0 && sinks[k].done < sinks[k].wanted) return false;
  return true;
}

int64_t net_edges(Bench *b, int domain) { return b->domains[domain].edges; }
int64_t net_now(Bench *b) { return b->now; }
int64_t net_together(Bench *b) { return b->together; }
int64_t net_taken_in_restart(Bench *b) { return b->taken_in_restart; }

}  // extern "C"
