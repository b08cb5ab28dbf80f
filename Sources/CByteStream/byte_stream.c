#define _GNU_SOURCE
#include "CByteStream.h"

#include <errno.h>
#include <stdlib.h>

typedef struct {
  void *context;
  byte_stream_functions functions;
} cookie;

static ssize_t cookie_read(void *self, char *buffer, size_t size) {
  cookie *c = self;
  return c->functions.read(c->context, buffer, size);
}

// ftell asks for the position by seeking 0 bytes from here; nothing else is needed.
static int cookie_seek(void *self, off64_t *offset, int whence) {
  cookie *c = self;
  if (whence != SEEK_CUR || *offset != 0) {
    errno = ESPIPE;
    return -1;
  }
  *offset = c->functions.position(c->context);
  return 0;
}

static int cookie_close(void *self) {
  cookie *c = self;
  c->functions.close(c->context);
  free(c);
  return 0;
}

FILE *byte_stream_open(void *context, byte_stream_functions functions, char *buffer,
                       size_t buffer_size) {
  cookie *c = malloc(sizeof *c);
  if (c == NULL) return NULL;
  *c = (cookie){.context = context, .functions = functions};
  FILE *stream = fopencookie(
      c, "r", (cookie_io_functions_t){.read = cookie_read, .seek = cookie_seek, .close = cookie_close});
  if (stream == NULL) {
    free(c);
    return NULL;
  }
  setvbuf(stream, buffer, _IOFBF, buffer_size);
  return stream;
}
