// One call of the driver: words into streams and out of them, until all has been transferred.
//
// Inputs change at falling edges and outputs are sampled just before rising ones, as a synchronous
// neighbour would do. Edges that fall together are evaluated at once or one after the other, in
// any order.
//
// Metastability: a bit that goes into a synchroniser and has changed within a window before the
// edge is taken old or new, at random. The window is a share of the shorter of the two clocks'
// periods: what the constraints on a crossing allow for its delay.

#pragma once

#include "simulator.h"

extern "C" {

// The arrays and counts of a call; `sim/driver/structures.py` has the same members in this order.
struct Source {
  const uint64_t *words;
  int64_t *times;   // of each transfer, or null
  int32_t *epochs;  // of each transfer, or null
  int64_t count, done;
  double idle;  // probability of an idle clock between words
  int64_t idled, blocked, epoch;
  int64_t host;  // a host's stream: its words go before those of the others
  int64_t group;  // words that make a step; a restart in its midst drops the rest of it
};
struct Sink {
  uint64_t *words;
  int64_t *times;
  int32_t *epochs;  // or null
  int64_t room;     // words that fit; what comes beyond is counted
  int64_t wanted;   // words to wait for, -1 for all that come
  int64_t done;
  double idle;
  int64_t idled, blocked;
  int64_t unstable;  // words that changed or went away while they waited
};
struct Reset {
  int32_t domain;
  int64_t words;  // of the first source, after which the delay begins
  int64_t delay, clocks, at;
};
struct Log {  // words that a capture took
  uint64_t *words;
  int64_t *times;
  int64_t room, done, torn;
};
struct Count {  // of a synchroniser: bits that changed in the window, and those taken late
  int64_t windows, late;
};

}  // extern "C"

struct Run {
  Simulator &s;
  Source *sources;
  Sink *sinks;
  Reset *resets;
  int64_t n_resets;
  int64_t *watched;
  Log *logs;
  Count *counts;

  // Calls f(constant index, domain type) for a domain that is known at run time.
  template <class F> static void with_domain(int domain, F f) {
    each<Domains>([&](auto item, auto k) {
      if (k == (size_t)domain) f(k, item);
    });
  }

  // After a rising edge: what now goes into a synchroniser or capture.
  template <class C> void look(CrossingState &state, bool by_source) {
    read<typename C::seen>(*s.top.rootp, state.next.data());
    if (state.next == state.last) return;
    if (by_source) {
      for (size_t w = 0; w < state.next.size(); w++) state.changed[w] = state.next[w] ^ state.last[w];
      state.when = s.now;
    }
    state.last.swap(state.next);
  }

  // Bits that changed in the window are taken old or new; counts them, and those taken old.
  template <class C> void miss(CrossingState &state, int64_t &windows, int64_t &late) {
    const bool now_late = state.window > 0 && s.now - state.when <= state.window;
    if (!now_late && !state.is_late) return;
    for (size_t w = 0; w < state.mask.size(); w++) {
      state.mask[w] = now_late ? state.changed[w] & s.random.draw() : 0;
      if (now_late) windows += __builtin_popcountll(state.changed[w]);
      late += __builtin_popcountll(state.mask[w]);
    }
    write<typename C::late>(*s.top.rootp, state.mask.data());
    state.is_late = now_late;
  }

  template <class S> void follow_restart(StreamState &stream, bool reset) {
    bool restarting = reset;
    if constexpr (S::has_restart) restarting |= is_high<typename S::restart>(s.top);
    stream.epoch += !restarting && stream.restarting;
    stream.restarting = restarting;
  }

  template <class S> void sample_source(StreamState &stream, Source &source, bool reset) {
    follow_restart<S>(stream, reset);
    source.epoch = stream.epoch;
    while (stream.restarting && source.group > 1 && source.done % source.group) {
      if (source.epochs) source.epochs[source.done] = -1;
      source.done++;
      stream.offered = false;
    }
    if (!stream.offered) {
      source.idled += source.done < source.count;
    } else if (!is_high<typename S::ready>(s.top)) {
      source.blocked++;
    } else if (!reset) {
      s.taken_in_restart += stream.restarting;
      if (source.times) source.times[source.done] = s.now;
      if (source.epochs) source.epochs[source.done] = stream.epoch;
      source.done++;
      stream.offered = false;
      s.last_transfer = s.now;
    }
  }

  template <class S> void sample_sink(StreamState &stream, Sink &sink, bool reset) {
    follow_restart<S>(stream, reset);
    const bool valid = is_high<typename S::valid>(s.top);
    bool ready = true;
    if constexpr (S::has_ready) {
      ready = is_high<typename S::ready>(s.top);
      if (valid) S::read_payload(s.top, stream.next.data());
      // a word that waits must stay as it is, unless the network restarts
      if (stream.waited && !stream.restarting)
        sink.unstable += !valid || stream.next != stream.shown;
      stream.waited = valid && !ready && !stream.restarting;
      if (valid) stream.shown.swap(stream.next);
    }
    if (!ready) {
      sink.blocked += valid;
    } else if (!valid) {
      sink.idled++;
    } else if (!reset) {
      if (sink.done < sink.room) {
        S::read_payload(s.top, sink.words + sink.done * S::words);
        sink.times[sink.done] = s.now;
        if (sink.epochs) sink.epochs[sink.done] = stream.epoch;
      }
      sink.done++;
      s.last_transfer = s.now;
    }
  }

  template <class C> void sample_capture(CrossingState &state, Log &log) {
    const bool taken = is_high<typename C::taken>(*s.top.rootp);
    int64_t windows = 0, late = 0;
    miss<C>(state, windows, late);
    if (!taken) return;
    log.torn += windows > 0;
    if (log.done < log.room) {
      uint64_t *to = log.words + log.done * (int64_t)state.last.size();
      for (size_t w = 0; w < state.last.size(); w++)
        to[w] = state.last[w] ^ (state.is_late ? state.mask[w] : 0);
      log.times[log.done] = s.now;
    }
    log.done++;
    s.last_transfer = s.now;
  }

  // Just before a rising edge: what is transferred there, and what its synchronisers take.
  template <size_t DOMAIN, class D> void sample() {
    constexpr int domain = DOMAIN;
    const bool reset = is_high<typename D::reset>(s.top);
    s.domains[DOMAIN].edges++;
    each<Sources>([&](auto item, auto k) {
      using S = decltype(item);
      if constexpr (S::domain == domain) sample_source<S>(s.sources[k], sources[k], reset);
    });
    each<Sinks>([&](auto item, auto k) {
      using S = decltype(item);
      if constexpr (S::domain == domain) sample_sink<S>(s.sinks[k], sinks[k], reset);
    });
    each<Watches>([&](auto item, auto k) {
      using W = decltype(item);
      if constexpr (W::domain == domain) watched[k] += is_high<typename W::port>(s.top);
    });
    each<Synchronisers>([&](auto item, auto k) {
      using C = decltype(item);
      if constexpr (C::to == domain)
        miss<C>(s.synchronisers[k], counts[k].windows, counts[k].late);
    });
    each<Captures>([&](auto item, auto k) {
      using C = decltype(item);
      if constexpr (C::to == domain) sample_capture<C>(s.captures[k], logs[k]);
    });
  }

  // The rising edges of some domains, in one evaluation.
  void rise(const int *group, size_t size) {
    for (size_t g = 0; g < size; g++)
      with_domain(group[g], [&](auto k, auto item) { sample<k, decltype(item)>(); });
    for (size_t g = 0; g < size; g++)
      with_domain(group[g], [&](auto k, auto item) {
        s.domains[k].reset_left -= s.domains[k].reset_left > 0;
        s.raise_clock<k, decltype(item)>();
      });
    s.eval();
    const auto rose = [&](int domain) { return std::find(group, group + size, domain) != group + size; };
    s.each_crossing([&](auto item, CrossingState &state) {
      using C = decltype(item);
      const bool by_source = rose(C::from);
      if (by_source || rose(C::to)) look<C>(state, by_source);
    });
  }

  // The host has written and asked for all it wants: no step is offered before that.
  bool host_done() const {
    for (size_t k = 0; k < Sources::size; k++)
      if (sources[k].host && sources[k].done < sources[k].count) return false;
    return true;
  }

  void start_resets(int domain, bool begun) {
    for (int64_t k = 0; k < n_resets; k++) {
      Reset &reset = resets[k];
      if (begun && reset.at < 0 && sources[0].done >= reset.words) reset.at = s.now + reset.delay;
      if (reset.domain == domain && reset.clocks && reset.at >= 0 && s.now >= reset.at) {
        DomainState &state = s.domains[domain];
        state.reset_left = std::max(state.reset_left, reset.clocks);
        reset.clocks = 0;
        s.last_transfer = s.now;
      }
    }
  }

  template <class S> void drive_source(StreamState &stream, Source &source, bool begun) {
    if (!stream.offered && source.done < source.count && (source.host || begun) &&
        !s.random.chance(source.idle))
      stream.offered = true;
    set<typename S::valid>(s.top, stream.offered);
    if (stream.offered) {
      S::write_payload(s.top, source.words + source.done * S::words);
    } else if (source.done < source.count) {
      // what lies on the payload while nothing is offered must not matter
      for (uint64_t &word : stream.shown) word = s.random.draw();
      S::write_payload(s.top, stream.shown.data());
    }
  }

  template <size_t DOMAIN, class D> void fall() {
    constexpr int domain = DOMAIN;
    const bool begun = host_done();
    start_resets(domain, begun);
    set<typename D::reset>(s.top, s.domains[DOMAIN].reset_left > 0);
    each<Sources>([&](auto item, auto k) {
      using S = decltype(item);
      if constexpr (S::domain == domain) drive_source<S>(s.sources[k], sources[k], begun);
    });
    each<Sinks>([&](auto item, auto k) {
      using S = decltype(item);
      if constexpr (S::domain == domain && S::has_ready)
        set<typename S::ready>(s.top, !s.random.chance(sinks[k].idle));
    });
    s.lower_clock<DOMAIN, D>();
  }

  bool all_taken() const {
    for (size_t k = 0; k < Sources::size; k++)
      if (sources[k].done < sources[k].count) return false;
    return true;
  }

  bool more() const {
    for (size_t k = 0; k < Sinks::size; k++)  // more words than there can be: the design is wrong
      if (sinks[k].wanted < 0 && sinks[k].done > sinks[k].room) return false;
    for (size_t k = 0; k < Captures::size; k++)
      if (logs[k].room && logs[k].done > logs[k].room) return false;
    if (!all_taken()) return true;
    for (size_t k = 0; k < Sinks::size; k++)
      if (sinks[k].wanted < 0 || sinks[k].done < sinks[k].wanted) return true;
    for (int64_t k = 0; k < n_resets; k++)
      if (resets[k].clocks) return true;
    return false;
  }

  // The next edges: all falling ones of that time, then all rising ones.
  void advance() {
    int64_t next = INT64_MAX;
    for (const DomainState &d : s.domains) next = std::min(next, d.high ? d.fall : d.rise);
    s.now = next;
    each<Domains>([&](auto item, auto k) {
      const DomainState &d = s.domains[k];
      if (d.high && d.fall == next) fall<k, decltype(item)>();
    });
    int group[Domains::size];
    size_t size = 0;
    for (size_t k = 0; k < Domains::size; k++)
      if (!s.domains[k].high && s.domains[k].rise == next) group[size++] = (int)k;
    if (size > 1) {
      s.edges_together++;
      for (size_t k = size - 1; k > 0; k--) std::swap(group[k], group[s.random.draw() % (k + 1)]);
      if (s.random.draw() & 1) {
        for (size_t g = 0; g < size; g++) rise(group + g, 1);
        return;
      }
    }
    if (size) rise(group, size);
  }

  // True where all sources are empty and every sink has what it wants.
  bool run(int64_t quiet) {
    s.last_transfer = s.now;
    for (size_t k = 0; k < Sources::size; k++)  // what an earlier call could not hand over is gone
      s.sources[k].offered &= sources[k].done < sources[k].count;
    while (more() && s.now - s.last_transfer <= quiet) advance();
    for (size_t k = 0; k < Sinks::size; k++)
      if (sinks[k].wanted >= 0 && sinks[k].done < sinks[k].wanted) return false;
    return all_taken();
  }
};
