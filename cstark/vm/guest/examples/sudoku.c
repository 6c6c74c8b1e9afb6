/* Sudoku: the knowledge of a solution.

   Statement: "I know a solution of this Sudoku".

   Input (private):  the puzzle, 81 characters row by row, 1 to 9 or . for an empty cell; then the
                     solution, 81 characters 1 to 9.
   Output (public):  the puzzle.
   Exit code:        0 if it is solved, 1 if not, 2 if the input is not of this form.

   Lesson 1.  To check is cheaper than to find.  A guest need not search: the prover has searched
   before, and gives the result as input.  What is proved is the check.

   Lesson 2.  The exit code is public and any exit code can be proved.  A verifier looks at it: a
   valid proof with exit code 1 says that somebody had a wrong solution. */

#include <cstark.h>

int main(void) {
    const uint8_t *puzzle;
    size_t size;
    read_input(&puzzle, &size);
    if (size != 162) {
        return 2;
    }
    const uint8_t *solution = puzzle + 81;
    for (int cell = 0; cell < 81; cell++) {
        bool empty = puzzle[cell] == '.';
        if ((!empty && (puzzle[cell] < '1' || puzzle[cell] > '9')) || solution[cell] < '1' ||
            solution[cell] > '9') {
            return 2;
        }
    }
    write_output(puzzle, 81);

    uint32_t rows[9] = {0}, columns[9] = {0}, boxes[9] = {0}; /* sets of digits, a bit each */
    for (int row = 0; row < 9; row++) {
        for (int column = 0; column < 9; column++) {
            int cell = 9 * row + column, box = row / 3 * 3 + column / 3;
            if (puzzle[cell] != '.' && puzzle[cell] != solution[cell]) {
                return 1; /* the solution of another puzzle */
            }
            uint32_t digit = 1u << (solution[cell] - '1');
            rows[row] |= digit;
            columns[column] |= digit;
            boxes[box] |= digit;
        }
    }
    for (int i = 0; i < 9; i++) {
        /* nine cells with all nine digits: each of them once */
        if (rows[i] != 0x1ff || columns[i] != 0x1ff || boxes[i] != 0x1ff) {
            return 1;
        }
    }
    return 0;
}
