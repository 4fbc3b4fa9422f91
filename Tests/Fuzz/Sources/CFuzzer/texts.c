// Puts into inputs the texts that Swift compares them with.
//
// libFuzzer does so with numbers, and with memory that goes through memcmp. Swift compares a text of up to 15 bytes as two numbers,
// the first of which holds eight of its bytes and zeros behind the last; so it stands in no input, and nothing comes of it. Here one
// mutation in sixteen runs the reader on the input at hand, notes which texts were compared, and replaces one that stands in the input
// by what it was compared with: where that was tried least.

#define _GNU_SOURCE
#include "CFuzzer.h"

#include <string.h>

// libFuzzer's, from the toolchain's library, which comes without a header.
int LLVMFuzzerRunDriver(int *count, char ***words, int (*reader)(const uint8_t *start, size_t count));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

struct comparison {
    uintptr_t place;
    uint64_t text, wanted;
};

static int (*read_input)(const uint8_t *start, size_t count);
static int is_noting;
static struct comparison noted[512];
static size_t noted_count;
static uint32_t tries[1 << 16];

int fuzz(int *count, char ***words, int (*reader)(const uint8_t *start, size_t count)) {
    read_input = reader;
    return LLVMFuzzerRunDriver(count, words, reader);
}

/// Of the bytes before the zeros, where all of them are printable ASCII and there are two at least; else 0.
static size_t length_of(uint64_t text) {
    size_t length = 0;
    for (; text != 0; text >>= 8, length++) {
        if ((text & 0xFF) < 0x20 || (text & 0xFF) > 0x7E) return 0;
    }
    return length < 2 ? 0 : length;
}

static void note(uintptr_t place, uint64_t text, uint64_t wanted) {
    if (text == wanted || noted_count == sizeof noted / sizeof *noted || !length_of(text) || !length_of(wanted)) return;
    for (size_t index = 0; index < noted_count; index++) {
        if (noted[index].text == text && noted[index].wanted == wanted) return;
    }
    noted[noted_count++] = (struct comparison){place, text, wanted};
}

// The linker puts these before libFuzzer's own (--wrap), which tell comparisons apart by the address that they return to: so they are
// called in our place.
#define WRAP(NAME)                                                                                  \
    void __real_##NAME(uint64_t one, uint64_t other);                                               \
    void __wrap_##NAME(uint64_t one, uint64_t other);                                               \
    void __wrap_##NAME(uint64_t one, uint64_t other) {                                              \
        if (is_noting) {                                                                            \
            note((uintptr_t)__builtin_return_address(0), one, other);                               \
            note((uintptr_t)__builtin_return_address(0), other, one);                               \
        }                                                                                           \
        __attribute__((musttail)) return __real_##NAME(one, other);                                 \
    }

WRAP(__sanitizer_cov_trace_cmp8)
WRAP(__sanitizer_cov_trace_const_cmp8)

static uint32_t *tries_of(const struct comparison *comparison) {
    uint64_t key = (comparison->place ^ comparison->wanted) * 0x9E3779B97F4A7C15u;
    return &tries[key >> 48];
}

/// Replaces a text; the new size, or 0 where none that was compared stands in the input.
static size_t replace(uint8_t *data, size_t size, size_t room) {
    const struct comparison *least = 0;
    uint8_t *least_place = 0;
    for (size_t index = 0; index < noted_count; index++) {
        const struct comparison *comparison = &noted[index];
        uint8_t *place = memmem(data, size, &comparison->text, length_of(comparison->text));
        if (!place || size - length_of(comparison->text) + length_of(comparison->wanted) > room) continue;
        if (!least || *tries_of(comparison) < *tries_of(least)) {
            least = comparison;
            least_place = place;
        }
    }
    if (!least) return 0;
    ++*tries_of(least);
    size_t length = length_of(least->text), wanted = length_of(least->wanted);
    size_t behind = size - (size_t)(least_place - data) - length;
    memmove(least_place + wanted, least_place + length, behind);
    memcpy(least_place, &least->wanted, wanted);
    return size - length + wanted;
}

/// What libFuzzer calls for each mutation. The input was run before, so running it again breaks nothing.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed) {
    size_t replaced = 0;
    if (seed % 16 == 0) {
        noted_count = 0;
        is_noting = 1;
        read_input(data, size);
        is_noting = 0;
        replaced = replace(data, size, room);
    }
    return replaced ? replaced : LLVMFuzzerMutate(data, size, room);
}
