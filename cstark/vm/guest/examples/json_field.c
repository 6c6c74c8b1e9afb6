/* A field of a private JSON document.

   Statement: "in a JSON document with this SHA-256 digest, this field has this value".  The digest
   may be published or signed by whoever issued the document; nothing else of it is revealed.

   Input (private):  the path of the field, such as address.city; a line feed; the document.
   Output (public):  the document's digest, 32 bytes; the path; "="; the value as it is written.
   Exit code:        0; 1 if there is no such field; 2 if the input is not of this form.

   Lesson 1.  The output names the question as well as the answer.  With the path in the input
   alone, a prover could ask for nickname and say that it was the name.

   Lesson 2.  A statement must not be ambiguous.  A document with the same name twice in an object
   means one thing to one reader and another to the next; the prover would choose.  Here the whole
   document is read, also behind the field, and such a one is refused (where the path leads; what
   it passes by may hold anything).

   Lesson 3.  A parser of a stranger's bytes: every read is preceded by a comparison with the end,
   and nesting is limited, because the stack is. */

#include <cstark.h>

#include "sha256.h"

#define DEEPEST 64

struct text {
    const uint8_t *at, *end;
};

static struct text found; /* the value, once it was found */
static bool is_found;

static void malformed(void) { exit(2); }

static int peek(struct text *t) { return t->at < t->end ? *t->at : -1; }

static void space(struct text *t) {
    int c;
    while ((c = peek(t)) == ' ' || c == '\n' || c == '\r' || c == '\t') {
        t->at++;
    }
}

static void expect(struct text *t, int c) {
    if (peek(t) != c) {
        malformed();
    }
    t->at++;
}

static bool is_hex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What stands between the quotation marks, with its escapes as they are written. */
static struct text string(struct text *t) {
    expect(t, '"');
    struct text inner = {t->at, t->at};
    for (;;) {
        int c = peek(t);
        if (c < 0x20) { /* the end as well */
            malformed();
        }
        t->at++;
        if (c == '"') {
            inner.end = t->at - 1;
            return inner;
        }
        if (c == '\\') {
            c = peek(t);
            if (c < 0 || !strchr("\"\\/bfnrtu", c) || c == 0) {
                malformed();
            }
            t->at++;
            for (int i = 0; c == 'u' && i < 4; i++) {
                if (!is_hex(peek(t))) {
                    malformed();
                }
                t->at++;
            }
        }
    }
}

static void digits(struct text *t) {
    int c = peek(t);
    if (c < '0' || c > '9') {
        malformed();
    }
    while ((c = peek(t)) >= '0' && c <= '9') {
        t->at++;
    }
}

static void number(struct text *t) {
    if (peek(t) == '-') {
        t->at++;
    }
    if (peek(t) == '0') {
        t->at++;
    } else {
        digits(t);
    }
    if (peek(t) == '.') {
        t->at++;
        digits(t);
    }
    if (peek(t) == 'e' || peek(t) == 'E') {
        t->at++;
        if (peek(t) == '+' || peek(t) == '-') {
            t->at++;
        }
        digits(t);
    }
}

static void word(struct text *t, const char *letters) {
    for (; *letters; letters++) {
        expect(t, *letters);
    }
}

static bool equal(struct text a, struct text b) {
    size_t size = (size_t)(a.end - a.at);
    return size == (size_t)(b.end - b.at) && memcmp(a.at, b.at, size) == 0;
}

static void value(struct text *t, const struct text *path, int depth);

/* The members of an object or the elements of an array. */
static void items(struct text *t, const struct text *path, int depth) {
    bool object = peek(t) == '{', seen = false;
    int close = object ? '}' : ']';
    /* The first name of the path, and what is left behind it. */
    struct text name = {NULL, NULL}, rest = {NULL, NULL};
    bool last = true;
    if (object && path) {
        const uint8_t *point = memchr(path->at, '.', (size_t)(path->end - path->at));
        last = !point;
        name = (struct text){path->at, last ? path->end : point};
        rest = (struct text){last ? path->end : point + 1, path->end};
    }
    t->at++;
    space(t);
    if (peek(t) == close) {
        t->at++;
        return;
    }
    for (;;) {
        bool here = false;
        if (object) {
            space(t);
            here = equal(string(t), name) && name.at;
            if (here && seen) {
                malformed(); /* the same name twice */
            }
            seen |= here;
            space(t);
            expect(t, ':');
        }
        space(t);
        const uint8_t *start = t->at;
        value(t, here && !last ? &rest : NULL, depth + 1);
        if (here && last) {
            found = (struct text){start, t->at};
            is_found = true;
        }
        space(t);
        if (peek(t) == close) {
            t->at++;
            return;
        }
        expect(t, ',');
    }
}

/* Read a value; `path` is what is left of the path if it leads into this value, else NULL. */
static void value(struct text *t, const struct text *path, int depth) {
    if (depth > DEEPEST) {
        malformed();
    }
    switch (peek(t)) {
    case '{':
    case '[':
        items(t, path, depth);
        break;
    case '"':
        string(t);
        break;
    case 't':
        word(t, "true");
        break;
    case 'f':
        word(t, "false");
        break;
    case 'n':
        word(t, "null");
        break;
    default:
        number(t);
    }
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    const uint8_t *end = data + size;
    struct text path = {data, memchr(data, '\n', size)};
    if (!path.end) {
        return 2;
    }
    struct text document = {path.end + 1, end};
    struct text rest = document;
    space(&rest);
    value(&rest, &path, 0);
    space(&rest);
    if (rest.at != end) {
        return 2;
    }
    if (!is_found) {
        return 1;
    }
    struct sha256 hash;
    uint8_t digest[32];
    sha256_start(&hash);
    sha256_add(&hash, document.at, (size_t)(document.end - document.at));
    sha256_finish(&hash, digest);
    write_output(digest, sizeof digest);
    write_output(path.at, (size_t)(path.end - path.at));
    write_output((const uint8_t *)"=", 1);
    write_output(found.at, (size_t)(found.end - found.at));
    return 0;
}
