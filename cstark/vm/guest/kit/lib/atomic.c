/* Atomic operations as functions: this machine has one thread of execution, which nothing
   interrupts, so that they are ordinary loads and stores.  Compilers call them because the
   instructions of the A extension are not there. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WITH_SIZE(T, n)                                                                            \
    T atomic_load_##n(const volatile void *at, int order) __asm__("__atomic_load_" #n);            \
    T atomic_load_##n(const volatile void *at, int order) {                                        \
        (void)order;                                                                               \
        return *(const volatile T *)at;                                                            \
    }                                                                                              \
    void atomic_store_##n(volatile void *at, T value, int order) __asm__("__atomic_store_" #n);    \
    void atomic_store_##n(volatile void *at, T value, int order) {                                 \
        (void)order;                                                                               \
        *(volatile T *)at = value;                                                                 \
    }                                                                                              \
    _Bool atomic_compare_exchange_##n(volatile void *at, void *expected, T desired, int success,   \
                                      int failure) __asm__("__atomic_compare_exchange_" #n);       \
    _Bool atomic_compare_exchange_##n(volatile void *at, void *expected, T desired, int success,   \
                                      int failure) {                                               \
        (void)success;                                                                             \
        (void)failure;                                                                             \
        T now = *(volatile T *)at;                                                                 \
        if (now == *(T *)expected) {                                                               \
            *(volatile T *)at = desired;                                                           \
            return 1;                                                                              \
        }                                                                                          \
        *(T *)expected = now;                                                                      \
        return 0;                                                                                  \
    }                                                                                              \
    EACH(T, n, exchange, value)                                                                    \
    EACH(T, n, fetch_add, (T)(now + value))                                                        \
    EACH(T, n, fetch_sub, (T)(now - value))                                                        \
    EACH(T, n, fetch_and, (T)(now & value))                                                        \
    EACH(T, n, fetch_or, (T)(now | value))                                                         \
    EACH(T, n, fetch_xor, (T)(now ^ value))                                                        \
    EACH(T, n, fetch_nand, (T) ~(now & value))

#define EACH(T, n, name, after)                                                                    \
    T atomic_##name##_##n(volatile void *at, T value, int order) __asm__("__atomic_" #name "_" #n); \
    T atomic_##name##_##n(volatile void *at, T value, int order) {                                 \
        (void)order;                                                                               \
        T now = *(volatile T *)at;                                                                 \
        (void)now;                                                                                 \
        *(volatile T *)at = after;                                                                 \
        return now;                                                                                \
    }

WITH_SIZE(uint8_t, 1)
WITH_SIZE(uint16_t, 2)
WITH_SIZE(uint32_t, 4)
WITH_SIZE(uint64_t, 8)

/* Of any size, and what is called without optimisation. */

void atomic_load_any(size_t size, const void *at, void *to, int order) __asm__("__atomic_load");
void atomic_load_any(size_t size, const void *at, void *to, int order) {
    (void)order;
    memcpy(to, at, size);
}

void atomic_store_any(size_t size, void *at, const void *from, int order) __asm__("__atomic_store");
void atomic_store_any(size_t size, void *at, const void *from, int order) {
    (void)order;
    memcpy(at, from, size);
}

void atomic_exchange_any(size_t size, void *at, const void *from, void *to,
                         int order) __asm__("__atomic_exchange");
void atomic_exchange_any(size_t size, void *at, const void *from, void *to, int order) {
    (void)order;
    memcpy(to, at, size);
    memcpy(at, from, size);
}

_Bool atomic_compare_exchange_any(size_t size, void *at, void *expected, const void *desired,
                                  int success,
                                  int failure) __asm__("__atomic_compare_exchange");
_Bool atomic_compare_exchange_any(size_t size, void *at, void *expected, const void *desired,
                                  int success, int failure) {
    (void)success;
    (void)failure;
    if (memcmp(at, expected, size) == 0) {
        memcpy(at, desired, size);
        return 1;
    }
    memcpy(expected, at, size);
    return 0;
}

_Bool atomic_is_lock_free(size_t size, const volatile void *at) __asm__("__atomic_is_lock_free");
_Bool atomic_is_lock_free(size_t size, const volatile void *at) {
    (void)at;
    return size <= 8;
}
