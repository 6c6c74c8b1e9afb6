/* 128-bit arithmetic that compilers call: division, and what is not done inline everywhere.

   Nothing here divides, or shifts by a variable, a 128-bit number with an operator: the compiler
   would call these functions again. */

#include <stdint.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

static inline uint64_t high(u128 x) { return (uint64_t)(x >> 64); }
static inline uint64_t low(u128 x) { return (uint64_t)x; }
static inline u128 join(uint64_t hi, uint64_t lo) { return (u128)hi << 64 | lo; }

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

/* (hi, lo) / d for hi < d: two digits of 32 bits (Knuth, The Art of Computer Programming 2, 4.3.1,
   algorithm D; the form of Warren, Hacker's Delight, 9-4). */
static uint64_t divide(uint64_t hi, uint64_t lo, uint64_t d, uint64_t *remainder) {
    const uint64_t base = (uint64_t)1 << 32;
    if (hi == 0) {
        *remainder = lo % d;
        return lo / d;
    }
    int shift = leading_zeros(d);
    d <<= shift;
    uint64_t d1 = d >> 32, d0 = d & (base - 1);
    uint64_t top = shift ? hi << shift | lo >> (64 - shift) : hi;
    lo <<= shift;
    uint64_t quotient = 0;
    for (int digit = 1; digit >= 0; digit--) {
        uint64_t next = digit ? lo >> 32 : lo & (base - 1);
        uint64_t q = top / d1, r = top % d1;
        while (q >= base || q * d0 > (r << 32 | next)) { /* at most twice */
            q--;
            r += d1;
            if (r >= base) {
                break;
            }
        }
        top = (top << 32 | next) - q * d; /* modulo 2^64, where the true value is below d */
        quotient = quotient << 32 | q;
    }
    *remainder = top >> shift;
    return quotient;
}

u128 __udivmodti4(u128 n, u128 d, u128 *remainder) {
    uint64_t rest;
    u128 q;
    if (high(d) == 0) {
        uint64_t divisor = low(d);
        uint64_t first = 0, above = high(n);
        if (above >= divisor) { /* also for a divisor of zero, as the machine's instruction does */
            first = above / divisor;
            above = above % divisor;
        }
        if (divisor == 0) {
            *remainder = n;
            return ~(u128)0;
        }
        q = join(first, divide(above, low(n), divisor, &rest));
        *remainder = rest;
        return q;
    }
    if (n < d) {
        *remainder = n;
        return 0;
    }
    /* Hacker's Delight 9-5: a quotient of 64 bits from the divisor's 64 leading ones; that is at
       most one too large, so one is taken off and given back where the remainder allows it. */
    int shift = leading_zeros(high(d));
    uint64_t leading = shift ? high(d) << shift | low(d) >> (64 - shift) : high(d);
    uint64_t estimate = divide(high(n) >> 1, high(n) << 63 | low(n) >> 1, leading, &rest);
    estimate >>= 63 - shift;
    if (estimate) {
        estimate--;
    }
    u128 product = (u128)low(d) * estimate + ((u128)(high(d) * estimate) << 64);
    u128 r = n - product;
    if (r >= d) {
        r -= d;
        estimate++;
    }
    *remainder = r;
    return estimate;
}

u128 __udivti3(u128 n, u128 d) {
    u128 r;
    return __udivmodti4(n, d, &r);
}

u128 __umodti3(u128 n, u128 d) {
    u128 r;
    __udivmodti4(n, d, &r);
    return r;
}

i128 __divmodti4(i128 n, i128 d, i128 *remainder) {
    u128 r;
    u128 q = __udivmodti4(n < 0 ? -(u128)n : (u128)n, d < 0 ? -(u128)d : (u128)d, &r);
    *remainder = (i128)(n < 0 ? -r : r);
    return (i128)((n < 0) != (d < 0) ? -q : q);
}

i128 __divti3(i128 n, i128 d) {
    i128 r;
    return __divmodti4(n, d, &r);
}

i128 __modti3(i128 n, i128 d) {
    i128 r;
    __divmodti4(n, d, &r);
    return r;
}

i128 __multi3(i128 a, i128 b) {
    uint64_t a0 = low((u128)a), b0 = low((u128)b);
    uint64_t cross = a0 * high((u128)b) + high((u128)a) * b0;
    u128 product = (u128)a0 * b0; /* mul and mulhu */
    return (i128)join(high(product) + cross, low(product));
}

i128 __ashlti3(i128 x, int by) {
    uint64_t hi = high((u128)x), lo = low((u128)x);
    if (by & 64) {
        return (i128)join(lo << (by & 63), 0);
    }
    return (i128)(by ? join(hi << by | lo >> (64 - by), lo << by) : (u128)x);
}

i128 __lshrti3(i128 x, int by) {
    uint64_t hi = high((u128)x), lo = low((u128)x);
    if (by & 64) {
        return (i128)join(0, hi >> (by & 63));
    }
    return (i128)(by ? join(hi >> by, lo >> by | hi << (64 - by)) : (u128)x);
}

i128 __ashrti3(i128 x, int by) {
    uint64_t hi = high((u128)x), lo = low((u128)x);
    int64_t sign = (int64_t)hi;
    if (by & 64) {
        return (i128)join((uint64_t)(sign >> 63), (uint64_t)(sign >> (by & 63)));
    }
    return (i128)(by ? join((uint64_t)(sign >> by), lo >> by | hi << (64 - by)) : (u128)x);
}

i128 __negti2(i128 x) { return (i128)-(u128)x; }

int __ucmpti2(u128 a, u128 b) { return a < b ? 0 : a > b ? 2 : 1; }

int __cmpti2(i128 a, i128 b) { return a < b ? 0 : a > b ? 2 : 1; }

/* The product, and whether it does not fit. */
i128 __muloti4(i128 a, i128 b, int *overflow) {
    i128 product = __multi3(a, b);
    u128 least = (u128)1 << 127;
    *overflow = 0;
    if (a == -1) {
        *overflow = (u128)b == least;
    } else if (a != 0) {
        *overflow = __divti3(product, a) != b;
    }
    return product;
}
