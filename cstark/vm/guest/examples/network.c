/* A small neural network: matrix products and ReLU in eight-bit integers.

   Statement: "the network in this program puts my images into these classes".  The weights are
   constants of the program: who knows the program knows the network.  The images stay private.

   Input (private):  images of 16 pixels, one signed byte each, one after the other.
   Output (public):  the class of each image, one byte, 0 to 3.
   Exit code:        0; 2 if the input is not a whole number of images.

   Lesson 1.  What is a constant and what is input decides what is proved.  With the weights in the
   input, and their hash in the output, it would be a proof about a private network.

   Lesson 2.  Integers.  The machine has no floating-point instructions; networks that were
   quantized need none: products of eight bits, sums of 32, a shift, and a cut to eight bits again.

   Lesson 3.  Loads cost more than arithmetic.  The loop over the inputs is the innermost, so that
   the sum stays in a register. */

#include <cstark.h>

#include "network_weights.h"

static int8_t cut(int32_t x) { return (int8_t)(x > 127 ? 127 : x < -128 ? -128 : x); }

/* out = weights * in + bias */
static void layer(const int8_t *weights, const int32_t *bias, const int8_t *in, size_t inputs,
                  int32_t *out, size_t outputs) {
    for (size_t row = 0; row < outputs; row++) {
        int32_t sum = bias[row];
        for (size_t i = 0; i < inputs; i++) {
            sum += weights[row * inputs + i] * in[i];
        }
        out[row] = sum;
    }
}

static size_t classify(const int8_t image[INPUTS]) {
    int32_t sums[HIDDEN], scores[CLASSES];
    int8_t hidden[HIDDEN];
    layer(weights_1, bias_1, image, INPUTS, sums, HIDDEN);
    for (size_t i = 0; i < HIDDEN; i++) {
        hidden[i] = sums[i] > 0 ? cut(sums[i] >> SHIFT) : 0; /* ReLU, and back to eight bits */
    }
    layer(weights_2, bias_2, hidden, HIDDEN, scores, CLASSES);
    size_t best = 0;
    for (size_t i = 1; i < CLASSES; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    return best;
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size % INPUTS) {
        return 2;
    }
    for (size_t at = 0; at < size; at += INPUTS) {
        uint8_t answer = (uint8_t)classify((const int8_t *)data + at);
        write_output(&answer, 1);
    }
    return 0;
}
