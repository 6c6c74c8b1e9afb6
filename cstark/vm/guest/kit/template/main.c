/* A guest of your own.

       cstark guest build main.c -o main.elf
       cstark run main.elf --input input.txt
       cstark prove main.elf --input input.txt -o proof.bin
       cstark verify main.elf proof.bin

   What is proved here, until you change it: "I know a text with so many words".

   Input (private):  the text.
   Output (public):  the number of words, 8 bytes, little endian.
   Exit code:        0; 1 for a text without a word.

   What can be called is in cstark.h, and what to think of: read its first page.  Everybody who
   verifies must have this program; write down, as above, what it says of input and output. */

#include <cstark.h>

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int main(void) {
    const uint8_t *text;
    size_t size;
    read_input(&text, &size);

    uint64_t words = 0;
    for (size_t i = 0; i < size; i++) {
        bool starts = !is_space(text[i]) && (i == 0 || is_space(text[i - 1]));
        words += starts;
    }
    print_unsigned(words); /* to look at; no part of the proof */
    print(" words\n");
    write_output((const uint8_t *)&words, sizeof words);
    return words == 0;
}
