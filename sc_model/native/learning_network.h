// A network that learns, sample by sample (sc_model.golden.learning_network has the equations).
//
// In front of this text stand INPUTS, BIAS, STEPS, HIDDEN (layers), CLASSES, NOISE_BITS, REWARD,
// EXPLORATION, TAPS, REGISTER_BITS, and for each layer L a structure Of<L> with
// `rows`, `neurons`, `width` (of a row in memory), `lanes`, `groups`, the type `Weight`, and the
// arithmetic that was made from the texts of rule and neurons. The readout is layer HIDDEN.
#include <stdint.h>
#include <string.h>
#define restrict __restrict__

constexpr int MOST_ROWS = most_rows(), MOST_WIDTH = most_width();
constexpr int COUNTED = 3;  // counts in front of those of the layers

// What a sample leaves for its learning.
struct alignas(64) Scratch {
  int32_t trace[HIDDEN + 1][MOST_ROWS], order[MOST_ROWS], rows[MOST_ROWS];
  int32_t start[STEPS + 2];
  alignas(64) int32_t current[MOST_WIDTH], ramp[MOST_WIDTH], potential[HIDDEN][MOST_WIDTH];
  alignas(64) int32_t near[HIDDEN][MOST_WIDTH], spike[MOST_WIDTH];
  alignas(64) int32_t signal[HIDDEN + 1][MOST_WIDTH], feedback[MOST_ROWS];
  int32_t firing[HIDDEN][MOST_WIDTH], groups[MOST_WIDTH];
};

// `_Network` of sc_model.native.learning_network has the same members.
struct Network {
  void *weight[HIDDEN + 1];
  const int64_t *learn[HIDDEN + 1];
  int32_t *age[HIDDEN];
  int64_t *lfsr;
  const int64_t *step_shift, *others_wrong;
  const int32_t *time;  // step of each value
  int64_t *counts;      // samples, errors, rescued, then words and events of each layer
  int32_t *score;       // of each class
  Scratch *scratch;
};
extern "C" int64_t scratch_size() { return sizeof(Scratch); }

template <int L>
static inline typename Of<L>::Weight *row_of(const Network *n, int row) {
  return (typename Of<L>::Weight *)n->weight[L] + (int64_t)row * Of<L>::width;
}

template <int L>
static inline void add_row(int32_t *restrict sums, const Network *n, int row) {
  const typename Of<L>::Weight *restrict w = row_of<L>(n, row);
  for (int j = 0; j < Of<L>::width; j++) sums[j] += w[j];
}

// Step and order of the inputs: those of step 0 first, and of one step the highest first.
static void code(const Network *n, const uint16_t *values) {
  Scratch &s = *n->scratch;
  int32_t *trace = s.trace[0], start[STEPS + 2] = {0};
  for (int i = 0; i < INPUTS; i++) {
    const int32_t time = n->time[values[i]];
    trace[i] = STEPS - time;
    start[time + 1]++;
  }
  if (BIAS) { trace[INPUTS] = STEPS; start[1]++; }
  for (int t = 0; t <= STEPS; t++) start[t + 1] += start[t];
  memcpy(s.start, start, sizeof start);
  for (int i = INPUTS + BIAS - 1; i >= 0; i--) s.order[start[STEPS - trace[i]]++] = i;
}

// A step of layer L and of those behind it, for the rows that spike.
template <int L>
static void step(const Network *n, const int32_t *firing, int count) {
  Scratch &s = *n->scratch;
  n->counts[COUNTED + HIDDEN + 1 + L] += count;
  if constexpr (L == HIDDEN) {
    for (int k = 0; k < count; k++) add_row<L>(n->score, n, firing[k]);
  } else {
    int32_t *restrict current = L ? s.current : s.ramp;
    if (L) memset(s.current, 0, sizeof s.current);
    for (int k = 0; k < count; k++) add_row<L>(current, n, firing[k]);
    int32_t *restrict potential = s.potential[L], *restrict near = s.near[L];
    int32_t *restrict spike = s.spike, *restrict trace = s.trace[L + 1];
    for (int j = 0; j < Of<L>::neurons; j++) {
      int32_t v, fires, close;
      Of<L>::neuron(potential[j], current[j], v, fires, close);
      potential[j] = v; spike[j] = fires; near[j] = close; trace[j] += fires;
    }
    int fired = 0;
    int32_t *list = s.firing[L];
    for (int j = 0; j < Of<L>::neurons; j++) { list[fired] = j; fired += spike[j]; }
    step<L + 1>(n, list, fired);
  }
}

static inline int32_t next(int32_t state) { return (state >> 1) ^ (state & 1 ? TAPS : 0); }

static int answer(const Network *n, const uint16_t *values, int explore, int *winner) {
  Scratch &s = *n->scratch;
  code(n, values);
  memset(s.ramp, 0, sizeof s.ramp);
  memset(s.potential, 0, sizeof s.potential);
  memset(s.trace[1], 0, sizeof s.trace[1] * HIDDEN);
  memset(n->score, 0, sizeof(int32_t) * Of<HIDDEN>::width);
  for (int t = 0; t < STEPS; t++) step<0>(n, s.order + s.start[t], s.start[t + 1] - s.start[t]);
  int best = 0;
  for (int k = 1; k < CLASSES; k++) if (n->score[k] > n->score[best]) best = k;
  *winner = best;
  if (!EXPLORATION || !explore) return best;
  int32_t state = (int32_t)*n->lfsr;
  for (int k = 0; k < REGISTER_BITS; k++) state = next(state);
  *n->lfsr = state;
  return (state & 0xFF) >= EXPLORATION ? best : (state >> 8) * CLASSES >> 8;
}

// Signals of the neurons in front of layer L, from the weights as they are.
template <int L>
static void pass_back(const Network *n) {
  Scratch &s = *n->scratch;
  typedef Of<L - 1> Front;
  const int32_t *restrict signal = s.signal[L];
  int32_t *restrict to = s.signal[L - 1], *restrict feedback = s.feedback;
  int32_t *restrict age = n->age[L - 1];
  const int32_t *restrict trace = s.trace[L], *restrict near = s.near[L - 1];
  for (int j = 0; j < Of<L>::rows; j++) {
    const typename Of<L>::Weight *restrict w = row_of<L>(n, j);
    int32_t sum = 0;
    for (int k = 0; k < Of<L>::width; k++) sum += w[k] * signal[k];
    feedback[j] = sum;
  }
  int32_t rescued = 0;
  for (int j = 0; j < Front::neurons; j++) {
    age[j] = Front::age(trace[j], age[j]);
    to[j] = Front::gated(trace[j], near[j], age[j], Front::signal(feedback[j]));
    rescued += !trace[j] & !near[j] & (to[j] > 0);
  }
  n->counts[2] += rescued;
}

template <int L>
static void update(const Network *n) {
  Scratch &s = *n->scratch;
  typedef Of<L> Layer;
  const int32_t *restrict signal = s.signal[L], *restrict trace = s.trace[L];
  int groups = 0, rows = 0;
  for (int g = 0; g < Layer::groups; g++) {
    int32_t some = 0;
    for (int k = 0; k < Layer::lanes; k++) some |= signal[g * Layer::lanes + k];
    if (some) s.groups[groups++] = g;
  }
  if (!groups) return;
  const int32_t *order = L ? s.rows : s.order;
  if (L) for (int i = 0; i < Layer::rows; i++) { s.rows[rows] = i; rows += trace[i] > 0; }
  else rows = s.start[STEPS];
  const int32_t shift = Layer::shift((int32_t)*n->step_shift, rows);
  int32_t state = (int32_t)*n->lfsr;
  for (int k = 0; k < rows; k++) {
    const int32_t i = order[k], x = trace[i];
    typename Layer::Weight *restrict w = row_of<L>(n, i);
    for (int m = 0; m < groups; m++) {
      const int32_t noise = state & ((1 << NOISE_BITS) - 1), first = s.groups[m] * Layer::lanes;
      state = next(state);
      for (int j = first; j < first + Layer::lanes; j++)
        w[j] = (typename Layer::Weight)Layer::rule(w[j], x, signal[j], shift, noise);
    }
  }
  *n->lfsr = state;
  n->counts[COUNTED + L] += (int64_t)rows * groups;
}

template <int L>
static void backward(const Network *n, int lowest) {
  if (L > lowest) { if constexpr (L > 0) pass_back<L>(n); }
  if (*n->learn[L]) update<L>(n);
  if (L > lowest) { if constexpr (L > 0) backward<L - 1>(n, lowest); }
}

static void learn(const Network *n, int label, int right, int single) {
  n->counts[0]++;
  int32_t *error = n->scratch->signal[HIDDEN], some = 0;
  memset(error, 0, sizeof n->scratch->signal[HIDDEN]);
  for (int k = 0; k < CLASSES; k++)
    some |= error[k] = Of<HIDDEN>::error(n->score[k], right && k == label, !single || k == label);
  if (!some) return;
  n->counts[1]++;
  int lowest = 0;
  while (lowest <= HIDDEN && !*n->learn[lowest]) lowest++;
  if (lowest > HIDDEN) return;
  backward<HIDDEN>(n, lowest);
}

extern "C" void learn_one(const Network *n, int label, int right, int single) {
  learn(n, label, right, single);
}

extern "C" int answer_one(const Network *n, const uint16_t *values, int explore, int *winner) {
  return answer(n, values, explore, winner);
}

// So many samples; of one whose target is -1 nothing is learned. `played` gets the classes.
extern "C" void run(const Network *n, int64_t samples, const uint16_t *values,
                    const int32_t *targets, int32_t *played) {
  for (int64_t q = 0; q < samples; q++) {
    const int target = targets[q];
    int winner;
    const int chosen = answer(n, values + q * INPUTS, target >= 0, &winner);
    played[q] = chosen;
    if (target < 0) continue;
    const int right = chosen == target;
    if (REWARD) learn(n, chosen, right, !(right && *n->others_wrong));
    else learn(n, target, 1, 0);
  }
}
