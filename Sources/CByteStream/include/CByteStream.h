// A stdio stream over callbacks: fopencookie is a GNU extension, which Swift's view of glibc leaves out.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct {
  ssize_t (*_Nonnull read)(void *_Nonnull context, char *_Nonnull buffer, size_t size);
  /// Bytes read so far.
  int64_t (*_Nonnull position)(void *_Nonnull context);
  void (*_Nonnull close)(void *_Nonnull context);
} byte_stream_functions;

/// A stream for reading, with a buffer that must outlive it; NULL if there is no memory.
/// On success the stream calls `close` once, when it is closed itself.
FILE *_Nullable byte_stream_open(void *_Nonnull context, byte_stream_functions functions,
                                 char *_Nonnull buffer, size_t buffer_size);
