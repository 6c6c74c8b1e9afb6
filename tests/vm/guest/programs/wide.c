/* Every function of int128.c and bits.c on pairs of 128-bit numbers, by name and by operator. */

#include <cstark.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

u128 __udivmodti4(u128, u128, u128 *);
i128 __divmodti4(i128, i128, i128 *);
u128 __udivti3(u128, u128);
u128 __umodti3(u128, u128);
i128 __divti3(i128, i128);
i128 __modti3(i128, i128);
i128 __multi3(i128, i128);
i128 __muloti4(i128, i128, int *);
i128 __ashlti3(i128, int);
i128 __lshrti3(i128, int);
i128 __ashrti3(i128, int);
i128 __negti2(i128);
int __ucmpti2(u128, u128);
int __cmpti2(i128, i128);
int __clzdi2(uint64_t);
int __ctzdi2(uint64_t);
int __popcountdi2(uint64_t);
int __paritydi2(uint64_t);
int __clzsi2(uint32_t);
int __ctzsi2(uint32_t);
int __popcountsi2(uint32_t);
int __paritysi2(uint32_t);
int __ffsdi2(int64_t);
int __ffssi2(int32_t);
int __clrsbdi2(int64_t);
int __clzti2(u128);
int __ctzti2(u128);
int __popcountti2(u128);
int __parityti2(u128);
int __ffsti2(i128);
uint32_t __bswapsi2(uint32_t);
uint64_t __bswapdi2(uint64_t);

static void put(u128 value) { write_output((const uint8_t *)&value, sizeof value); }

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    for (; size >= 32; data += 32, size -= 32) {
        u128 a, b, r;
        i128 s;
        int overflow;
        memcpy(&a, data, 16);
        memcpy(&b, data + 16, 16);
        int by = (int)(b & 127);
        if (b) {
            put(__udivmodti4(a, b, &r));
            put(r);
            put((u128)__divmodti4((i128)a, (i128)b, &s));
            put((u128)s);
            put(__udivti3(a, b));
            put(__umodti3(a, b));
            put((u128)__divti3((i128)a, (i128)b));
            put((u128)__modti3((i128)a, (i128)b));
            put(a / b);
            put(a % b);
            put((u128)((i128)a / (i128)b));
            put((u128)((i128)a % (i128)b));
        }
        put((u128)__multi3((i128)a, (i128)b));
        put(a * b);
        put((u128)__muloti4((i128)a, (i128)b, &overflow));
        put((u128)overflow);
        put((u128)__ashlti3((i128)a, by));
        put((u128)__lshrti3((i128)a, by));
        put((u128)__ashrti3((i128)a, by));
        put(a << by);
        put(a >> by);
        put((u128)((i128)a >> by));
        put((u128)__negti2((i128)a));
        put((u128)__ucmpti2(a, b));
        put((u128)__cmpti2((i128)a, (i128)b));
        uint64_t x = (uint64_t)a;
        uint32_t y = (uint32_t)a;
        if (y) { /* counting zeros of zero is undefined */
            put((u128)__clzdi2(x));
            put((u128)__ctzdi2(x));
            put((u128)__clzsi2(y));
            put((u128)__ctzsi2(y));
            put((u128)__builtin_clzll(x));
            put((u128)__builtin_ctz(y));
        }
        if (a) {
            put((u128)__clzti2(a));
            put((u128)__ctzti2(a));
        }
        put((u128)__popcountdi2(x));
        put((u128)__paritydi2(x));
        put((u128)__popcountsi2(y));
        put((u128)__paritysi2(y));
        put((u128)__ffsdi2((int64_t)x));
        put((u128)__ffssi2((int32_t)y));
        put((u128)__clrsbdi2((int64_t)x));
        put((u128)__popcountti2(a));
        put((u128)__parityti2(a));
        put((u128)__ffsti2((i128)a));
        put(__bswapsi2(y));
        put(__bswapdi2(x));
        put((u128)__builtin_popcountll(x));
        put(__builtin_bswap64(x));
    }
    return 0;
}
