// System calls that glibc declares as variadic or only for GNU programs, and that Swift therefore cannot call.
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// setns(2), for network namespaces; the calling thread alone enters.
static inline int wsclose_enter_network(int descriptor) {
  return (int)syscall(SYS_setns, descriptor, CLONE_NEWNET);
}

/// capset(2) of the calling thread: the capabilities whose bits are set are permitted and effective, none is inheritable.
static inline int wsclose_set_capabilities(uint64_t set) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {
    {(uint32_t)set, (uint32_t)set, 0},
    {(uint32_t)(set >> 32), (uint32_t)(set >> 32), 0},
  };
  return (int)syscall(SYS_capset, &header, data);
}

/// prctl(2) with one argument.
static inline int wsclose_prctl(int option, unsigned long argument) { return prctl(option, argument, 0L, 0L, 0L); }
