// What a person would write by hand for the shipped rules' default parameters: plain loops, and intrinsics. The traces and
// what spikes make of them are given, as arrays [t][i] and [t][j]; masks are 0 or -1. Weights of the vector versions are kept
// less 2^15, so that an instruction saturates them.
#include <stdint.h>
#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512BW__)
#define V __m512i
#define LANES 32
#define TILE 4
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define ALL(x) _mm512_set1_epi16(x)
#define OP(name) _mm512_##name##_epi16
#define AND _mm512_and_si512
#elif defined(__AVX2__)
#define V __m256i
#define LANES 16
#define TILE 2
#define LOAD(p) _mm256_loadu_si256((const V *)(p))
#define STORE(p, v) _mm256_storeu_si256((V *)(p), v)
#define ALL(x) _mm256_set1_epi16(x)
#define OP(name) _mm256_##name##_epi16
#define AND _mm256_and_si256
#endif

typedef const int16_t *In;

// Reward-modulated STDP, time outermost, 32-bit integers: the loop that the equations suggest.
extern "C" void rstdp_plain(int64_t steps, int64_t rows, int64_t columns, In p, In s, In q, In m, In reward, int32_t *weight,
                            int32_t *eligibility) {
  for (int64_t t = 0; t < steps; t++)
    for (int64_t i = 0; i < rows; i++) {
      const int a = p[t * rows + i], b = s[t * rows + i], r = reward[t];
      In c = q + t * columns, d = m + t * columns;
      int32_t *__restrict w = weight + i * columns, *__restrict e = eligibility + i * columns;
      for (int64_t j = 0; j < columns; j++) {
        const int x = e[j];
        int y = (x >= 0 ? x - (x >> 4) : -(-x - (-x >> 4))) + (d[j] & a) - (c[j] & b);
        y = y > 2047 ? 2047 : y < -2048 ? -2048 : y;
        e[j] = y;
        const int v = w[j] + ((r * y) >> 4);
        w[j] = v > 65535 ? 65535 : v < 0 ? 0 : v;
      }
    }
}

// One closed-loop step after another: currents, learning, neurons that fire at a threshold and are reset.
extern "C" void closed_plain(int64_t steps, int64_t rows, int64_t columns, const uint8_t *x, In reward, int32_t threshold,
                             int32_t *weight, int32_t *eligibility, int32_t *pre, int32_t *post, int64_t *potential,
                             uint8_t *fired, uint8_t *before, int64_t *current) {
  for (int64_t t = 0; t < steps; t++, x += rows) {
    for (int64_t j = 0; j < columns; j++) current[j] = 0;
    for (int64_t i = 0; i < rows; i++)
      if (x[i])
        for (int64_t j = 0; j < columns; j++) current[j] += weight[i * columns + j];
    const int r = reward[t];
    for (int64_t i = 0; i < rows; i++) {
      const int a = x[i] ? 4095 : pre[i], b = x[i] ? -1 : 0;
      int32_t *__restrict w = weight + i * columns, *__restrict e = eligibility + i * columns;
      for (int64_t j = 0; j < columns; j++) {
        const int z = e[j];
        int y = (z >= 0 ? z - (z >> 4) : -(-z - (-z >> 4))) + (-(int)before[j] & a) - (post[j] & b);
        y = y > 2047 ? 2047 : y < -2048 ? -2048 : y;
        e[j] = y;
        const int v = w[j] + ((r * y) >> 4);
        w[j] = v > 65535 ? 65535 : v < 0 ? 0 : v;
      }
      pre[i] = x[i] ? 4095 : pre[i] - (pre[i] >> 4);
    }
    for (int64_t j = 0; j < columns; j++) {
      post[j] = before[j] ? 4095 : post[j] - (post[j] >> 4);
      potential[j] = (fired[j] ? 0 : potential[j]) + current[j];
      before[j] = fired[j];
      fired[j] = potential[j] >= threshold;
    }
  }
}

#ifdef V
// A tile of synapses in registers through `BLOCK` steps; `body` is one step of one vector.
enum { BLOCK = 64 };
#define TILED(fields, load, per_row, body, store)                                                     \
  for (int64_t t0 = 0; t0 < steps; t0 += BLOCK) {                                                     \
    const int64_t t1 = steps < t0 + BLOCK ? steps : t0 + BLOCK;                                       \
    for (int64_t j = 0; j < columns; j += TILE * LANES)                                               \
      for (int64_t i = 0; i < rows; i++) {                                                            \
        fields;                                                                                       \
        for (int k = 0; k < TILE; k++) { const int64_t at = i * columns + j + k * LANES; load; }      \
        for (int64_t t = t0; t < t1; t++) {                                                           \
          per_row;                                                                                    \
          _Pragma("GCC unroll 8") for (int k = 0; k < TILE; k++) {                                    \
            const int64_t c = t * columns + j + k * LANES;                                            \
            body;                                                                                     \
          }                                                                                           \
        }                                                                                             \
        for (int k = 0; k < TILE; k++) { const int64_t at = i * columns + j + k * LANES; store; }     \
      }                                                                                               \
  }

extern "C" void rstdp_simd(int64_t steps, int64_t rows, int64_t columns, In p, In s, In q, In m, In reward, int16_t *weight,
                           int16_t *eligibility) {
  const V hi = ALL(2047), lo = ALL(-2048);
  TILED(V w[TILE]; V e[TILE], w[k] = LOAD(weight + at); e[k] = LOAD(eligibility + at),
        const V a = ALL(p[t * rows + i]); const V b = ALL(s[t * rows + i]); const V r = ALL((int16_t)(reward[t] << 8)),
        V x = e[k]; x = OP(sub)(x, OP(srai)(OP(add)(x, OP(srli)(x, 12)), 4));
        x = OP(add)(x, OP(sub)(AND(LOAD(m + c), a), AND(LOAD(q + c), b))); x = OP(max)(OP(min)(x, hi), lo); e[k] = x;
        w[k] = OP(adds)(w[k], OP(mulhi)(OP(slli)(x, 4), r)), STORE(weight + at, w[k]); STORE(eligibility + at, e[k]))
}

// p: what a post spike adds, for each row; q: what a pre spike takes, for each column.
extern "C" void pair_simd(int64_t steps, int64_t rows, int64_t columns, In p, In s, In q, In m, int16_t *weight) {
  TILED(V w[TILE], w[k] = LOAD(weight + at), const V a = ALL(p[t * rows + i]); const V b = ALL(s[t * rows + i]),
        w[k] = OP(adds)(w[k], OP(sub)(AND(LOAD(m + c), a), AND(LOAD(q + c), b))), STORE(weight + at, w[k]))
}

// p: the row's factor, shifted up by 6; m: the column's, by 6; q: what a pre spike takes.
extern "C" void triplet_simd(int64_t steps, int64_t rows, int64_t columns, In p, In s, In q, In m, int16_t *weight) {
  TILED(V w[TILE], w[k] = LOAD(weight + at), const V a = ALL(p[t * rows + i]); const V b = ALL(s[t * rows + i]),
        w[k] = OP(adds)(w[k], OP(sub)(OP(mulhi)(a, LOAD(m + c)), AND(LOAD(q + c), b))), STORE(weight + at, w[k]))
}
#endif
