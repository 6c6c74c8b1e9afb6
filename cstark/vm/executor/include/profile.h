/* Which calls led to the rows of a run: a tree of call stacks with the cells spent in each.
 *
 * A call is a jump that leaves its return address in x1, a return a jump to x1; everything else
 * that leads into another function (a jump, a branch, running on into it) takes the place of the
 * function that was left, as a tail call does. */
#ifndef CSTARK_VM_PROFILE_H
#define CSTARK_VM_PROFILE_H

#include <stdint.h>
#include <stdlib.h>

#include "operations.h"

enum { VM_TURN_NONE, VM_TURN_CALL, VM_TURN_RETURN };
enum { VM_MAX_DEPTH = 512, VM_MAX_NODES = 1 << 20 };

typedef struct {
    uint64_t cells;
    uint32_t parent, function, child, sibling; /* 0 is the root, and no child or sibling */
    uint32_t depth;
} vm_node;

typedef struct {
    const uint32_t *function; /* of each operation */
    const uint8_t *turn;      /* of each operation, whether it calls or returns */
    const uint64_t *cost;     /* cells of a row of each table */
    vm_node *nodes;
    uint32_t count, room, at;
    uint64_t cells, mark; /* of all rows so far; of those that a node has been given */
    uint64_t hidden;      /* calls that are too deep to have nodes of their own */
} vm_profile;

/* The node of a function called from node `parent`; `parent` itself where there is no room. The
 * first node that is made is the root. */
static uint32_t vm_child(vm_profile *p, uint32_t parent, uint32_t function) {
    for (uint32_t k = p->count ? p->nodes[parent].child : 0; k; k = p->nodes[k].sibling)
        if (p->nodes[k].function == function) return k;
    if (p->count == p->room) {
        const uint32_t room = p->room ? 2 * p->room : 256;
        vm_node *nodes = room <= VM_MAX_NODES ? realloc(p->nodes, room * sizeof *nodes) : NULL;
        if (!nodes) return parent;
        p->nodes = nodes;
        p->room = room;
    }
    vm_node *node = p->nodes + p->count;
    *node = (vm_node){.parent = parent, .function = function};
    if (p->count) { /* not the root */
        node->sibling = p->nodes[parent].child;
        node->depth = p->nodes[parent].depth + 1;
        p->nodes[parent].child = p->count;
    }
    return p->count++;
}

/* Hand the cells since the last turn to the node where they were spent. */
static void vm_settle(vm_profile *p) {
    p->nodes[p->at].cells += p->cells - p->mark;
    p->mark = p->cells;
}

static __attribute__((noinline)) void vm_take_turn(vm_profile *p, int turn, uint32_t function) {
    vm_settle(p);
    if (turn == VM_TURN_CALL) {
        if (p->hidden || p->nodes[p->at].depth >= VM_MAX_DEPTH) p->hidden++;
        else p->at = vm_child(p, p->at, function);
        return;
    }
    if (p->hidden) {
        if (turn == VM_TURN_RETURN) p->hidden--;
        return;
    }
    uint32_t below = p->nodes[p->at].parent;
    if (turn == VM_TURN_RETURN) {
        /* Usually one frame; more where a function left without returning, as longjmp does. */
        for (uint32_t k = below; k; k = p->nodes[k].parent)
            if (p->nodes[k].function == function) {
                p->at = k;
                return;
            }
    }
    if (p->nodes[p->at].function != function) p->at = vm_child(p, below, function);
}

static inline void vm_profile_step(vm_profile *p, const vm_operation *all, const vm_operation *from,
                                   const vm_operation *o) {
    const int turn = p->turn[from - all];
    const uint32_t function = p->function[o - all];
    if (__builtin_expect(turn != VM_TURN_NONE || function != p->nodes[p->at].function, 0))
        vm_take_turn(p, turn, function);
}

#endif
