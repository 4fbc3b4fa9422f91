#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer as a function, with the arguments of a program of its own. `reader` gets the inputs.
int fuzz(int *count, char ***words, int (*reader)(const uint8_t *start, size_t count));
