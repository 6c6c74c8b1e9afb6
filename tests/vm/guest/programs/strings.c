/* string.h on two texts: lengths, orders, and positions; then what the copies leave. */

#include <cstark.h>

#undef strlen

static void put(int64_t value) { write_output((const uint8_t *)&value, sizeof value); }

static int64_t sign(int64_t x) { return x < 0 ? -1 : x > 0; }

static int64_t place(const void *found, const void *start) {
    return found ? (const char *)found - (const char *)start : -1;
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    /* data: how many bytes to look at, a character, then two texts */
    size_t most = data[0];
    int c = data[1];
    const char *a = (const char *)data + 2;
    size_t (*volatile length)(const char *) = strlen;
    const char *b = a + length(a) + 1;
    put((int64_t)length(a));
    put((int64_t)length(b));
    put((int64_t)strnlen(a, most));
    put(sign(strcmp(a, b)));
    put(sign(strncmp(a, b, most)));
    put(place(strchr(a, c), a));
    put(place(strrchr(a, c), a));
    put(place(strchr(a, 0), a));
    put(place(strrchr(a, 0), a));
    put(place(memchr(a, c, length(a)), a));
    put(place(strstr(a, b), a));
    static char room[3][1024];
    for (int i = 0; i < 3; i++) {
        memset(room[i], '#', sizeof room[i]);
    }
    if (strcpy(room[0], a) != room[0] || strcat(room[0], b) != room[0] ||
        strncpy(room[1], b, most) != room[1] || strcpy(room[2] + 3, b) != room[2] + 3) {
        return 1;
    }
    write_output((const uint8_t *)room, sizeof room);
    return 0;
}
