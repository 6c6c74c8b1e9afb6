/* Floating-point numbers without instructions for them: pairs of doubles, then of floats from the
   same bits, by operators; conversions by name, where C leaves them undefined. */

#include <cstark.h>

int32_t __fixdfsi(double);
int64_t __fixdfdi(double);
uint32_t __fixunsdfsi(double);
uint64_t __fixunsdfdi(double);
int32_t __fixsfsi(float);
int64_t __fixsfdi(float);
uint32_t __fixunssfsi(float);
uint64_t __fixunssfdi(float);

static void put(uint64_t x) { write_output((const uint8_t *)&x, 8); }

static void put_double(double x) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    put(x == x ? bits : 0x7ff8000000000000);
}

static void put_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    put(x == x ? bits : 0x7fc00000);
}

#define ORDERS(a, b)                                                                               \
    ((a == b) | (a != b) << 1 | (a < b) << 2 | (a <= b) << 3 | (a > b) << 4 | (a >= b) << 5 |      \
     (!(a < b)) << 6 | (!(a >= b)) << 7)

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    for (; size >= 16; data += 16, size -= 16) {
        double a, b;
        float c, d;
        int64_t i;
        memcpy(&a, data, 8);
        memcpy(&b, data + 8, 8);
        memcpy(&c, data, 4);
        memcpy(&d, data + 8, 4);
        memcpy(&i, data, 8);
        put_double(a + b);
        put_double(a - b);
        put_double(a * b);
        put_double(a / b);
        put(ORDERS(a, b));
        put_double(-a);
        put_float(c + d);
        put_float(c - d);
        put_float(c * d);
        put_float(c / d);
        put(ORDERS(c, d));
        put_float(-c);
        put_double((double)c);
        put_float((float)a);
        put_double((double)i);
        put_double((double)(uint64_t)i);
        put_double((double)(int32_t)i);
        put_double((double)(uint32_t)i);
        put_float((float)i);
        put_float((float)(uint64_t)i);
        put_float((float)(int32_t)i);
        put_float((float)(uint32_t)i);
        put((uint64_t)__fixdfdi(a));
        put((uint64_t)(int64_t)__fixdfsi(a));
        put(__fixunsdfdi(a));
        put(__fixunsdfsi(a));
        put((uint64_t)__fixsfdi(c));
        put((uint64_t)(int64_t)__fixsfsi(c));
        put(__fixunssfdi(c));
        put(__fixunssfsi(c));
    }
    return 0;
}
