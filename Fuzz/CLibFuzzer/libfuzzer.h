// What libFuzzer lets a program with a main of its own call; no header of a toolchain declares it.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs until a limit of the arguments or a failing input; `one_input` gets each input.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
                        int (*_Nonnull one_input)(const uint8_t *_Nullable data, size_t size));
