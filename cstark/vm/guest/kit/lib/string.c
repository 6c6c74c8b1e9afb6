/* string.h, but for the four functions in mem.S. */

#include <stdint.h>
#include <string.h>

#undef memcpy
#undef strlen

/* A word of any eight bytes. */
typedef uint64_t __attribute__((may_alias)) word;

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

size_t strlen(const char *text) {
    const char *at = text;
    for (; (uintptr_t)at & 7; at++) {
        if (!*at) {
            return (size_t)(at - text);
        }
    }
    /* An aligned word is whole in memory, also where the text ends within it. */
    const word *words = (const word *)at;
    while (!((*words - ONES) & ~*words & HIGHS)) {
        words++;
    }
    for (at = (const char *)words; *at; at++) {
    }
    return (size_t)(at - text);
}

size_t strnlen(const char *text, size_t most) {
    const char *end = memchr(text, 0, most);
    return end ? (size_t)(end - text) : most;
}

void *memchr(const void *memory, int byte, size_t size) {
    const unsigned char *at = memory;
    for (; size; size--, at++) {
        if (*at == (unsigned char)byte) {
            return (void *)(uintptr_t)at;
        }
    }
    return NULL;
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t most) {
    for (; most; most--, a++, b++) {
        if (*a != *b || !*a) {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

char *strchr(const char *text, int byte) {
    for (;; text++) {
        if (*text == (char)byte) {
            return (char *)(uintptr_t)text;
        }
        if (!*text) {
            return NULL;
        }
    }
}

char *strrchr(const char *text, int byte) {
    const char *found = NULL;
    for (;; text++) {
        if (*text == (char)byte) {
            found = text;
        }
        if (!*text) {
            return (char *)(uintptr_t)found;
        }
    }
}

char *strcpy(char *restrict to, const char *restrict from) {
    memcpy(to, from, strlen(from) + 1);
    return to;
}

char *strncpy(char *restrict to, const char *restrict from, size_t size) {
    size_t length = strnlen(from, size);
    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to;
}

char *strcat(char *restrict to, const char *restrict from) {
    strcpy(to + strlen(to), from);
    return to;
}

char *strstr(const char *text, const char *part) {
    size_t length = strlen(part);
    for (;; text++) {
        if (!strncmp(text, part, length)) {
            return (char *)(uintptr_t)text;
        }
        if (!*text) {
            return NULL;
        }
    }
}
