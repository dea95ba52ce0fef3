// Vectors of signed 16-, 32- or 64-bit integers, as wide as the machine's registers, and the few
// operations on them that C has no operator for. ELEMENT_BITS is defined in front of this file.
// Without SIMD instructions the compiler makes scalar code of the same text.
#include <stdint.h>
#include <string.h>
#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

#if ELEMENT_BITS == 16
typedef int16_t E;
typedef uint16_t U;
#elif ELEMENT_BITS == 32
typedef int32_t E;
typedef uint32_t U;
#else
typedef int64_t E;
typedef uint64_t U;
#endif

#if defined(__AVX512BW__)
enum { VECTOR_BYTES = 64, UNROLL = 4 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32, UNROLL = 2 };
#else
enum { VECTOR_BYTES = 16, UNROLL = 2 };
#endif
enum { LANES = VECTOR_BYTES / sizeof(E) };

typedef E V __attribute__((vector_size(VECTOR_BYTES)));
typedef U VU __attribute__((vector_size(VECTOR_BYTES)));
typedef uint8_t B8 __attribute__((vector_size(LANES)));

static inline V load(const E *from) { V v; memcpy(&v, from, sizeof v); return v; }
static inline void store(E *to, V v) { memcpy(to, &v, sizeof v); }
static inline V all(E value) { return value - (V){}; }

// What a vector is shifted by. AVX-512 shifts each of 16 bits by a number of its own in one
// operation, and all by the same number in two; the others have only the latter.
#if ELEMENT_BITS == 16 && defined(__AVX512BW__)
typedef V Count;
static inline Count count_of(int64_t bits) { return all((E)bits); }
#else
typedef int Count;
static inline Count count_of(int64_t bits) { return (int)bits; }
#endif
static inline V shift_up(V a, Count bits) { return (V)((VU)a << bits); }
static inline V shift_down(V a, Count bits) { return a >> bits; }

// Bytes of 0 and anything else as masks: 0 and -1.
static inline V load_mask(const uint8_t *from) {
  B8 b; memcpy(&b, from, sizeof b);
  return (V)(__builtin_convertvector(b, V) != 0);
}

// The magnitude shifted down, under the sign of the value; not of the least value, which has none.
#if ELEMENT_BITS == 16 && defined(__AVX512BW__)
static inline V shift_magnitude(V a, Count bits) {
  V offset = ((V){} + 1 << bits) - 1;
  __mmask32 negative = _mm512_movepi16_mask((__m512i)a);
  return (V)_mm512_mask_add_epi16((__m512i)a, negative, (__m512i)a, (__m512i)offset) >> bits;
}
#elif ELEMENT_BITS == 16 && defined(__AVX2__)
static inline V shift_magnitude(V a, Count bits) {
  return (V)_mm256_sign_epi16((__m256i)((VU)_mm256_abs_epi16((__m256i)a) >> bits), (__m256i)a);
}
#elif ELEMENT_BITS == 16 && defined(__SSSE3__)
static inline V shift_magnitude(V a, Count bits) {
  return (V)_mm_sign_epi16((__m128i)((VU)_mm_abs_epi16((__m128i)a) >> bits), (__m128i)a);
}
#else
static inline V shift_magnitude(V a, Count bits) {
  V offset = all((E)((1LL << bits) - 1));
  return (a + ((a >> (ELEMENT_BITS - 1)) & offset)) >> bits;
}
#endif

#if ELEMENT_BITS == 16 && defined(__AVX512BW__)
static inline V low(V a, V b) { return (V)_mm512_min_epi16((__m512i)a, (__m512i)b); }
static inline V high(V a, V b) { return (V)_mm512_max_epi16((__m512i)a, (__m512i)b); }
static inline V add_saturated(V a, V b) { return (V)_mm512_adds_epi16((__m512i)a, (__m512i)b); }
static inline V product_top(V a, V b) { return (V)_mm512_mulhi_epi16((__m512i)a, (__m512i)b); }
#elif ELEMENT_BITS == 16 && defined(__AVX2__)
static inline V low(V a, V b) { return (V)_mm256_min_epi16((__m256i)a, (__m256i)b); }
static inline V high(V a, V b) { return (V)_mm256_max_epi16((__m256i)a, (__m256i)b); }
static inline V add_saturated(V a, V b) { return (V)_mm256_adds_epi16((__m256i)a, (__m256i)b); }
static inline V product_top(V a, V b) { return (V)_mm256_mulhi_epi16((__m256i)a, (__m256i)b); }
#elif ELEMENT_BITS == 16 && defined(__SSE2__)
static inline V low(V a, V b) { return (V)_mm_min_epi16((__m128i)a, (__m128i)b); }
static inline V high(V a, V b) { return (V)_mm_max_epi16((__m128i)a, (__m128i)b); }
static inline V add_saturated(V a, V b) { return (V)_mm_adds_epi16((__m128i)a, (__m128i)b); }
static inline V product_top(V a, V b) { return (V)_mm_mulhi_epi16((__m128i)a, (__m128i)b); }
#else
static inline V low(V a, V b) { V less = (V)(a < b); return (a & less) | (b & ~less); }
static inline V high(V a, V b) { V less = (V)(a < b); return (b & less) | (a & ~less); }
static inline V add_saturated(V a, V b) {
  // an overflow is where the sum's sign differs from that of both operands
  V sum = a + b, over = ((sum ^ a) & (sum ^ b)) >> (ELEMENT_BITS - 1);
  V limit = (a >> (ELEMENT_BITS - 1)) ^ all((E)(((U)-1) >> 1));
  return (limit & over) | (sum & ~over);
}
#if ELEMENT_BITS == 16
static inline V product_top(V a, V b) {
  V top;
  for (int lane = 0; lane < LANES; lane++) top[lane] = (E)(((int32_t)a[lane] * (int32_t)b[lane]) >> 16);
  return top;
}
#endif
#endif
