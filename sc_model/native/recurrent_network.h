// A recurrent network that learns, step by step (sc_model.golden.recurrent_network has the
// equations).
//
// In front of this text stand INPUTS, NEURONS, LANES, CLASSES, NOISE_BITS, TAPS, MOST_DELAY, CELLS,
// PRES (fields that the rule keeps of a synapse, and of a row), and a structure Of with the
// arithmetic that was made from the texts of rules and units.
#define restrict __restrict__

constexpr int ROWS = INPUTS + NEURONS, GROUPS = (NEURONS + LANES - 1) / LANES;

// `_Network` of sc_model.native.recurrent_network has the same members.
struct Network {
  int32_t *cell[CELLS];  // each ROWS x NEURONS, the weight first
  int32_t *out;          // NEURONS x CLASSES
  const int64_t *learn, *learn_out;
  int64_t *lfsr;
  const int64_t *shift, *shift_out;
  int64_t *counts;  // steps, errors, synapses, spikes
  int32_t *score;   // of each class
};

// What a sample leaves from step to step.
struct alignas(64) Sample {
  int32_t row[PRES ? PRES : 1][ROWS], spike[ROWS];
  int32_t past[MOST_DELAY][NEURONS];  // spikes of the neurons in the steps before, the last one first
  int32_t potential[NEURONS], slope[NEURONS], trace[NEURONS], signal[NEURONS];
  int32_t current[NEURONS], noise[GROUPS * ROWS];
};

static inline int32_t next(int32_t state) { return (state >> 1) ^ (state & 1 ? TAPS : 0); }

static void sweep(const Network *n, Sample &s) {
  int32_t state = (int32_t)*n->lfsr;
  for (int k = 0; k < GROUPS * ROWS; k++) {
    s.noise[k] = state & ((1 << NOISE_BITS) - 1);
    state = next(state);
  }
  *n->lfsr = state;
  const int32_t shift = (int32_t)*n->shift;
  int32_t signal[NEURONS];
  for (int j = 0; j < NEURONS; j++) {
    s.current[j] = 0;
    signal[j] = *n->learn ? s.signal[j] : 0;
  }
  for (int i = 0; i < ROWS; i++) {
    const int32_t pre = s.spike[i];
    int32_t *restrict w = n->cell[0] + (int64_t)i * NEURONS;
    for (int j = 0; j < NEURONS; j++) s.current[j] += pre ? w[j] : 0;
    for (int g = 0; g < GROUPS; g++) {
      const int32_t noise = s.noise[g * ROWS + i];
      const int end = (g + 1) * LANES < NEURONS ? (g + 1) * LANES : NEURONS;
      for (int j = g * LANES; j < end; j++)
        synapse(n, s, (int64_t)i * NEURONS + j, i, pre, s.slope[j], signal[j], shift, noise);
    }
    traces(s, i, pre);
  }
  n->counts[2] += (int64_t)ROWS * NEURONS;
}

static int step(const Network *n, Sample &s, const uint8_t *lines, int target) {
  for (int i = 0; i < INPUTS; i++) s.spike[i] = lines[i];
  for (int j = 0; j < NEURONS; j++) s.spike[INPUTS + j] = s.past[j % MOST_DELAY][j];
  sweep(n, s);
  int32_t fired[NEURONS];
  for (int j = 0; j < NEURONS; j++) {
    int32_t v, fires, left, slope;
    Of::neuron(s.potential[j], s.past[0][j], s.trace[j], s.current[j], v, fires, left, slope);
    s.potential[j] = v; fired[j] = fires; s.trace[j] = left; s.slope[j] = slope;
    s.signal[j] = 0;
    n->counts[3] += fires;
  }
  memmove(s.past + 1, s.past, sizeof(int32_t) * (MOST_DELAY - 1) * NEURONS);
  memcpy(s.past[0], fired, sizeof fired);
  for (int k = 0; k < CLASSES; k++) n->score[k] = Of::leak(n->score[k]);
  for (int j = 0; j < NEURONS; j++)
    if (fired[j])
      for (int k = 0; k < CLASSES; k++) n->score[k] += n->out[j * CLASSES + k];
  int best = 0;
  for (int k = 1; k < CLASSES; k++) if (n->score[k] > n->score[best]) best = k;
  n->counts[0]++;
  if (target < 0) return best;
  int32_t error[CLASSES], some = 0;
  for (int k = 0; k < CLASSES; k++) some |= error[k] = Of::error(n->score[k], k == target, 1);
  if (!some) return best;
  n->counts[1]++;
  int32_t state = (int32_t)*n->lfsr;
  for (int j = 0; j < NEURONS; j++) {
    int32_t *w = n->out + j * CLASSES;
    s.signal[j] = feedback(w, error);
    const int32_t noise = state & ((1 << NOISE_BITS) - 1);
    state = next(state);
    if (*n->learn_out)
      for (int k = 0; k < CLASSES; k++)
        w[k] = Of::readout(w[k], s.trace[j], error[k], (int32_t)*n->shift_out, noise);
  }
  *n->lfsr = state;
  if (*n->learn_out) n->counts[2] += NEURONS * CLASSES;
  return best;
}

// So many samples of so many steps; a target of -1 tells no class. `answers` gets the classes.
extern "C" void run(const Network *n, int64_t samples, int64_t steps, const uint8_t *spikes,
                    const int32_t *targets, int32_t *answers) {
  for (int64_t q = 0; q < samples; q++) {
    Sample s = {};
    for (int f = 1; f < CELLS; f++) memset(n->cell[f], 0, sizeof(int32_t) * ROWS * NEURONS);
    memset(n->score, 0, sizeof(int32_t) * CLASSES);
    for (int64_t t = 0; t < steps; t++, spikes += INPUTS)
      *answers++ = step(n, s, spikes, *targets++);
  }
}
