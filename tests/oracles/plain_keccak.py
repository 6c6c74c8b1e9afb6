"""Keccak-f[1600] and its table in plain Python, from the definitions.

Lanes are lists of 64 bits, lowest first; the state is ``A[x][y]``, as in "The Keccak reference",
version 3.0, section 1.2.  Nothing is shared with the package.
"""

from __future__ import annotations

from itertools import chain

RATE_BYTES = 136


def rotate(lane: list[int], by: int) -> list[int]:
    """To the left: bit z moves to z + `by`."""
    return [lane[(z - by) % 64] for z in range(64)]


def xor(*lanes: list[int]) -> list[int]:
    return [sum(bits) % 2 for bits in zip(*lanes, strict=True)]


def bits_of(word: int) -> list[int]:
    return [word >> z & 1 for z in range(64)]


def joined(lists) -> list:
    return list(chain.from_iterable(lists))


def limbs_of(lane: list[int]) -> list[int]:
    return [sum(lane[16 * j + k] << k for k in range(16)) for j in range(4)]


def round_constant(number: int) -> list[int]:
    """Bit 2^j - 1 is rc[j + 7 number], rc[t] the constant term of x^t mod x^8+x^6+x^5+x^4+1."""
    constant = [0] * 64
    for j in range(7):
        polynomial = 1
        for _ in range(j + 7 * number):
            polynomial <<= 1
            if polynomial >> 8:
                polynomial ^= 0b101110001
        constant[2**j - 1] = polynomial & 1
    return constant


def offsets() -> list[list[int]]:
    """How far lane [x][y] is rotated."""
    result = [[0] * 5 for _ in range(5)]
    x, y = 1, 0
    for t in range(24):
        result[x][y] = (t + 1) * (t + 2) // 2
        x, y = y, (2 * x + 3 * y) % 5
    return result


def keccak_round(a: list, number: int) -> tuple[dict, list]:
    """The cells of a round by column name (in the table's order of lanes), and the next state."""
    c = [xor(*a[x]) for x in range(5)]
    d = [xor(c[(x - 1) % 5], rotate(c[(x + 1) % 5], 1)) for x in range(5)]
    theta = [[xor(a[x][y], d[x]) for y in range(5)] for x in range(5)]
    shift = offsets()
    b = [[None] * 5 for _ in range(5)]
    for x in range(5):
        for y in range(5):
            b[y][(2 * x + 3 * y) % 5] = rotate(theta[x][y], shift[x][y])
    after = [
        [
            xor(
                b[x][y],
                [(1 - p) * q for p, q in zip(b[(x + 1) % 5][y], b[(x + 2) % 5][y], strict=True)],
            )
            for y in range(5)
        ]
        for x in range(5)
    ]
    chi = after[0][0]
    after[0][0] = xor(chi, round_constant(number))
    cells = {
        "round": [int(i == number) for i in range(24)],
        "a": flat(a, limbs_of),
        "c": joined(c),
        "c_theta": joined(xor(c[x], d[x]) for x in range(5)),
        "a_theta": flat(theta, list),
        "chi": [chi[2**j - 1] for j in range(7)],
        "out": flat(after, limbs_of),
    }
    return cells, after


def flat(state: list, cells_of) -> list[int]:
    """The cells of all lanes, x running fastest."""
    return joined(cells_of(state[x][y]) for y in range(5) for x in range(5))


def pad(message: bytes) -> bytes:
    """pad10*1 in bytes."""
    padding = bytearray(RATE_BYTES - len(message) % RATE_BYTES)
    padding[0] |= 1
    padding[-1] |= 0x80
    return message + padding


def table(message: bytes, rows: int, names: dict[str, int]) -> list[list[int]]:
    """All rows, the columns in the order of `names`."""
    data = pad(message)
    state = [[[0] * 64 for _ in range(5)] for _ in range(5)]
    result: list[list[int]] = []
    for permutation in range(-(-rows // 24)):
        block = data[RATE_BYTES * permutation :][:RATE_BYTES].ljust(RATE_BYTES, b"\0")
        words = [bits_of(int.from_bytes(block[8 * i :][:8], "little")) for i in range(17)]
        before = [state[i % 5][i // 5] for i in range(17)]
        after = [xor(lane, word) for lane, word in zip(before, words, strict=True)]
        for i, lane in enumerate(after):
            state[i % 5][i // 5] = lane
        waiting = [
            [p + (q << 16) for p, q in zip(limbs_of(b), limbs_of(a), strict=True)]
            for b, a in zip(before, after, strict=True)
        ]
        waiting += [[0] * 4] * 24
        words += [[0] * 64] * 7
        before += [[0] * 64] * 7
        for number in range(24):
            row = len(result)
            start = RATE_BYTES * permutation + 8 * number
            cells, state = keccak_round(state, number)
            cells["clock"] = [row]
            # What a row is, by bytes: its word's, but all that is left in rows without a word.
            end = start + 8 if number < 17 else RATE_BYTES * (permutation + 1)
            cells["full"] = [int(end <= len(message))]
            cells["pad"] = [int(number < 17 and start <= len(message) < end)]
            inside = row < 24 * (len(data) // RATE_BYTES)
            cells["tail"] = [int(inside and not cells["full"][0] and not cells["pad"][0])]
            cells["word"] = words[number]
            cells["lane"] = before[number]
            cells["queue"] = joined(waiting[number : number + 17])
            result.append(joined(cells[name] for name in names))
            if len(result) == rows:
                return result
    return result
