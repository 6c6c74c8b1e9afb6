/* Floating-point arithmetic in integers: IEEE 754 binary64 and binary32, rounding to nearest, ties
   to even.  This machine has no such instructions; a compiler calls these functions instead, about
   a hundred instructions each.  There are no exceptions, flags or signalling NaNs: every NaN that
   arises is the quiet one, 0x7ff8000000000000.

   A number is taken apart into sign, exponent and 53 bits, worked on with more bits below them, the
   last of which stands for all that were cut off, and rounded in one place.  Single precision is
   done in double: two roundings, which for the five operations here give what one would, because
   53 >= 2 * 24 + 2 (Figueroa, When is double rounding innocuous?, 1995). */

#include <stdint.h>

typedef unsigned __int128 u128;

#define SIGN ((uint64_t)1 << 63)
#define INFINITE ((uint64_t)0x7ff << 52)
#define QUIET ((uint64_t)0x7ff8 << 48)
#define IMPLICIT ((uint64_t)1 << 52)
#define FRACTION (IMPLICIT - 1)

/* Doubles and floats by their bits: these functions are called with values in integer registers. */
typedef union {
    double value;
    uint64_t bits;
} f64;

typedef union {
    float value;
    uint32_t bits;
} f32;

static inline uint64_t bits_of(double x) { return ((f64){.value = x}).bits; }
static inline double from_bits(uint64_t x) { return ((f64){.bits = x}).value; }
static inline int is_nan(uint64_t x) { return (x & ~SIGN) > INFINITE; }

static int leading_zeros(uint64_t x) { /* x > 0 */
    int count = 0;
    for (int step = 32; step; step /= 2) {
        if (!(x >> (64 - step))) {
            x <<= step;
            count += step;
        }
    }
    return count;
}

/* x >> by, the last bit of the result set if any bit was cut off. */
static uint64_t cut(uint64_t x, int64_t by) {
    if (by <= 0) {
        return x;
    }
    return by > 63 ? x != 0 : x >> by | (x << (64 - by) != 0);
}

/* (-1)^sign * value * 2^(exponent - 63), rounded to 53 bits; the last bit of `value` is sticky. */
static uint64_t pack(uint64_t sign, int64_t exponent, uint64_t value) {
    if (!value) {
        return sign;
    }
    int zeros = leading_zeros(value);
    value <<= zeros;
    exponent += 1023 - zeros; /* as it is stored, for a leading bit at 63 */
    if (exponent >= 0x7ff) {
        return sign | INFINITE;
    }
    if (exponent <= 0) { /* subnormal */
        value = cut(value, 1 - exponent);
        exponent = 0;
    }
    uint64_t kept = value >> 11, rest = value & 0x7ff;
    kept += rest > 0x400 || (rest == 0x400 && (kept & 1));
    /* The implicit bit of a normal number adds one to the exponent, and so does a carry. */
    return sign | (((uint64_t)(exponent ? exponent - 1 : 0) << 52) + kept);
}

/* Exponent and value of a finite number: value * 2^(exponent - 63), the leading bit at 63. */
static uint64_t unpack(uint64_t x, int64_t *exponent) {
    uint64_t fraction = x & FRACTION;
    int64_t stored = (int64_t)(x >> 52 & 0x7ff);
    if (stored) {
        *exponent = stored - 1023;
        return (fraction | IMPLICIT) << 11;
    }
    if (!fraction) {
        *exponent = -2000;
        return 0;
    }
    int zeros = leading_zeros(fraction);
    *exponent = -1022 - (zeros - 11);
    return fraction << zeros;
}

static uint64_t add(uint64_t a, uint64_t b) {
    if ((a & ~SIGN) < (b & ~SIGN)) {
        uint64_t swap = a;
        a = b;
        b = swap;
    }
    uint64_t sign = a & SIGN, other = b & SIGN; /* |a| >= |b| */
    if (is_nan(a) || ((a & ~SIGN) == INFINITE && (b & ~SIGN) == INFINITE && sign != other)) {
        return QUIET;
    }
    if ((a & ~SIGN) == INFINITE) {
        return a;
    }
    int64_t ea, eb;
    /* One place to the right, so that a sum has room; 53 bits leave ten below for the rounding. */
    uint64_t x = unpack(a, &ea) >> 1, y = unpack(b, &eb) >> 1;
    y = cut(y, ea - eb);
    uint64_t sum = sign == other ? x + y : x - y;
    if (!sum) {
        return sign == other ? sign : 0;
    }
    return pack(sign, ea + 1, sum);
}

static uint64_t multiply(uint64_t a, uint64_t b) {
    uint64_t sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE || (a == INFINITE && !b) || (b == INFINITE && !a)) {
        return QUIET;
    }
    if (a == INFINITE || b == INFINITE) {
        return sign | INFINITE;
    }
    int64_t ea, eb;
    u128 product = (u128)unpack(a, &ea) * unpack(b, &eb);
    return pack(sign, ea + eb + 1, (uint64_t)(product >> 64) | ((uint64_t)product != 0));
}

static uint64_t divide(uint64_t a, uint64_t b) {
    uint64_t sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE || (a == INFINITE && b == INFINITE) || (!a && !b)) {
        return QUIET;
    }
    if (a == INFINITE || !b) {
        return sign | INFINITE;
    }
    if (b == INFINITE || !a) {
        return sign;
    }
    int64_t ea, eb;
    /* Below 2^53 each: a quotient of 61 bits, in steps of ten with their remainders. */
    uint64_t x = unpack(a, &ea) >> 11, y = unpack(b, &eb) >> 11;
    uint64_t quotient = 0, rest = x;
    if (rest >= y) { /* a quotient from 1 to 2 */
        quotient = 1;
        rest -= y;
    }
    for (int step = 0; step < 6; step++) { /* rest < 2^53 */
        rest <<= 10;
        quotient = quotient << 10 | rest / y;
        rest %= y;
    }
    return pack(sign, ea - eb + 3, quotient | (rest != 0));
}

/* -1, 0, 1, or 2 if one of them is no number. */
static int compare(uint64_t a, uint64_t b) {
    if (is_nan(a) || is_nan(b)) {
        return 2;
    }
    int64_t x = a & SIGN ? -(int64_t)(a & ~SIGN) : (int64_t)a;
    int64_t y = b & SIGN ? -(int64_t)(b & ~SIGN) : (int64_t)b;
    return (x > y) - (x < y);
}

static uint64_t widen(uint32_t x) {
    uint64_t sign = (uint64_t)(x >> 31) << 63, fraction = x & 0x7fffff;
    uint32_t stored = x >> 23 & 0xff;
    if (stored == 0xff) {
        return fraction ? QUIET : sign | INFINITE;
    }
    if (stored) {
        return sign | (uint64_t)(stored + 1023 - 127) << 52 | fraction << 29;
    }
    return pack(sign, 63 - 149, fraction);
}

static uint32_t narrow(uint64_t x) {
    uint32_t sign = (uint32_t)(x >> 63) << 31;
    if (is_nan(x)) {
        return 0x7fc00000;
    }
    if ((x & ~SIGN) == INFINITE) {
        return sign | 0x7f800000;
    }
    int64_t exponent;
    uint64_t value = unpack(x, &exponent);
    exponent += 127;
    if (exponent >= 0xff) {
        return sign | 0x7f800000;
    }
    if (exponent <= 0) {
        value = cut(value, 1 - exponent);
        exponent = 0;
    }
    uint64_t kept = value >> 40, rest = value & 0xffffffffff, half = (uint64_t)1 << 39;
    kept += rest > half || (rest == half && (kept & 1));
    return sign | (((uint32_t)(exponent ? exponent - 1 : 0) << 23) + (uint32_t)kept);
}

/* Integers: what lies outside is cut to the nearest one there is, and no number to 0. */
static uint64_t to_unsigned(uint64_t x, uint64_t most) {
    int64_t exponent;
    if (is_nan(x) || x & SIGN) {
        return 0;
    }
    if (x >= INFINITE) {
        return most;
    }
    uint64_t value = unpack(x, &exponent);
    if (exponent < 0) {
        return 0;
    }
    if (exponent > 63) {
        return most;
    }
    value >>= 63 - exponent;
    return value < most ? value : most;
}

static int64_t to_signed(uint64_t x, uint64_t most) {
    if (is_nan(x)) {
        return 0;
    }
    return x & SIGN ? (int64_t)-to_unsigned(x & ~SIGN, most + 1) : (int64_t)to_unsigned(x, most);
}

static uint64_t of_signed(int64_t x) {
    return x < 0 ? pack(SIGN, 63, -(uint64_t)x) : pack(0, 63, (uint64_t)x);
}

/* --- what compilers call ------------------------------------------------------------------- */

double __adddf3(double a, double b) { return from_bits(add(bits_of(a), bits_of(b))); }
double __subdf3(double a, double b) { return from_bits(add(bits_of(a), bits_of(b) ^ SIGN)); }
double __muldf3(double a, double b) { return from_bits(multiply(bits_of(a), bits_of(b))); }
double __divdf3(double a, double b) { return from_bits(divide(bits_of(a), bits_of(b))); }
double __negdf2(double a) { return from_bits(bits_of(a) ^ SIGN); }

/* The result compares with 0 as a does with b; of no number, so that the comparison is false. */
int __eqdf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
int __nedf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
int __ltdf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
int __ledf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
int __gtdf2(double a, double b) {
    int order = compare(bits_of(a), bits_of(b));
    return order == 2 ? -1 : order;
}
int __gedf2(double a, double b) { return __gtdf2(a, b); }
int __unorddf2(double a, double b) { return compare(bits_of(a), bits_of(b)) == 2; }

double __floatsidf(int32_t x) { return from_bits(of_signed(x)); }
double __floatdidf(int64_t x) { return from_bits(of_signed(x)); }
double __floatunsidf(uint32_t x) { return from_bits(pack(0, 63, x)); }
double __floatundidf(uint64_t x) { return from_bits(pack(0, 63, x)); }
int32_t __fixdfsi(double x) { return (int32_t)to_signed(bits_of(x), INT32_MAX); }
int64_t __fixdfdi(double x) { return to_signed(bits_of(x), INT64_MAX); }
uint32_t __fixunsdfsi(double x) { return (uint32_t)to_unsigned(bits_of(x), UINT32_MAX); }
uint64_t __fixunsdfdi(double x) { return to_unsigned(bits_of(x), UINT64_MAX); }

static inline uint64_t wide(float x) { return widen(((f32){.value = x}).bits); }
static inline float single(uint64_t x) { return ((f32){.bits = narrow(x)}).value; }

double __extendsfdf2(float x) { return from_bits(wide(x)); }
float __truncdfsf2(double x) { return single(bits_of(x)); }
float __addsf3(float a, float b) { return single(add(wide(a), wide(b))); }
float __subsf3(float a, float b) { return single(add(wide(a), wide(b) ^ SIGN)); }
float __mulsf3(float a, float b) { return single(multiply(wide(a), wide(b))); }
float __divsf3(float a, float b) { return single(divide(wide(a), wide(b))); }
float __negsf2(float a) { return ((f32){.bits = ((f32){.value = a}).bits ^ 0x80000000u}).value; }

int __eqsf2(float a, float b) { return compare(wide(a), wide(b)); }
int __nesf2(float a, float b) { return compare(wide(a), wide(b)); }
int __ltsf2(float a, float b) { return compare(wide(a), wide(b)); }
int __lesf2(float a, float b) { return compare(wide(a), wide(b)); }
int __gtsf2(float a, float b) {
    int order = compare(wide(a), wide(b));
    return order == 2 ? -1 : order;
}
int __gesf2(float a, float b) { return __gtsf2(a, b); }
int __unordsf2(float a, float b) { return compare(wide(a), wide(b)) == 2; }

/* From 64 bits in one rounding: 53 of them, the last one sticky, are a double without any. */
static uint64_t sticky(uint64_t x) { return x >> 53 ? cut(x, 11) << 11 : x; }

float __floatsisf(int32_t x) { return single(of_signed(x)); }
float __floatunsisf(uint32_t x) { return single(pack(0, 63, x)); }
float __floatundisf(uint64_t x) { return single(pack(0, 63, sticky(x))); }
float __floatdisf(int64_t x) {
    uint64_t size = sticky(x < 0 ? -(uint64_t)x : (uint64_t)x);
    return single(pack(x < 0 ? SIGN : 0, 63, size));
}
int32_t __fixsfsi(float x) { return (int32_t)to_signed(wide(x), INT32_MAX); }
int64_t __fixsfdi(float x) { return to_signed(wide(x), INT64_MAX); }
uint32_t __fixunssfsi(float x) { return (uint32_t)to_unsigned(wide(x), UINT32_MAX); }
uint64_t __fixunssfdi(float x) { return to_unsigned(wide(x), UINT64_MAX); }
