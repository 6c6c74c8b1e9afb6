/* Counting and swapping bits, which this machine has no instructions for. */

#include <stdint.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

int __clzdi2(uint64_t x) { /* x > 0 */
    int count = 0;
    for (int step = 32; step; step /= 2) {
        if (!(x >> (64 - step))) {
            x <<= step;
            count += step;
        }
    }
    return count;
}

int __popcountdi2(uint64_t x) {
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(x * 0x0101010101010101u >> 56);
}

int __ctzdi2(uint64_t x) { return __popcountdi2((x & -x) - 1); } /* x > 0 */

int __paritydi2(uint64_t x) {
    x ^= x >> 32;
    x ^= x >> 16;
    x ^= x >> 8;
    x ^= x >> 4;
    return 0x6996 >> (x & 15) & 1;
}

int __clzsi2(uint32_t x) { return __clzdi2(x) - 32; }
int __ctzsi2(uint32_t x) { return __ctzdi2(x); }
int __popcountsi2(uint32_t x) { return __popcountdi2(x); }
int __paritysi2(uint32_t x) { return __paritydi2(x); }
int __ffsdi2(int64_t x) { return x ? __ctzdi2((uint64_t)x) + 1 : 0; }
int __ffssi2(int32_t x) { return x ? __ctzdi2((uint32_t)x) + 1 : 0; }
int __clrsbdi2(int64_t x) {
    uint64_t folded = (uint64_t)(x < 0 ? ~x : x);
    return folded ? __clzdi2(folded) - 1 : 63;
}

int __clzti2(u128 x) {
    uint64_t hi = (uint64_t)(x >> 64);
    return hi ? __clzdi2(hi) : 64 + __clzdi2((uint64_t)x);
}

int __ctzti2(u128 x) {
    return (uint64_t)x ? __ctzdi2((uint64_t)x) : 64 + __ctzdi2((uint64_t)(x >> 64));
}

int __popcountti2(u128 x) {
    return __popcountdi2((uint64_t)x) + __popcountdi2((uint64_t)(x >> 64));
}

int __parityti2(u128 x) { return __paritydi2((uint64_t)x ^ (uint64_t)(x >> 64)); }

int __ffsti2(i128 x) { return x ? __ctzti2((u128)x) + 1 : 0; }

uint32_t __bswapsi2(uint32_t x) {
    x = (x & 0x00ff00ffu) << 8 | (x >> 8 & 0x00ff00ffu);
    return x << 16 | x >> 16;
}

uint64_t __bswapdi2(uint64_t x) {
    x = (x & 0x00ff00ff00ff00ffu) << 8 | (x >> 8 & 0x00ff00ff00ff00ffu);
    x = (x & 0x0000ffff0000ffffu) << 16 | (x >> 16 & 0x0000ffff0000ffffu);
    return x << 32 | x >> 32;
}
