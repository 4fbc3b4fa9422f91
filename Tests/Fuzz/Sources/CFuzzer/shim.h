#include <stddef.h>
#include <stdint.h>

// libFuzzer as a function, from the toolchain's library, which comes without a header.
int LLVMFuzzerRunDriver(int *count, char ***words, int (*reader)(const uint8_t *start, size_t count));
