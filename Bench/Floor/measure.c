// Runs a program and tells what it took: measure SECONDS BYTES OUTPUT PROGRAM [ARGUMENT]...
//
// Prints the wall clock time, user and system CPU time in nanoseconds, the peak resident memory in bytes, and the exit
// status or, for a program that a signal ended, 128 and the signal's number. A program that runs longer than SECONDS is
// ended by SIGALRM (142), and none has more than BYTES of address space. This process is small: the kernel counts the memory of the process that starts another one as
// the peak of the other.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long nanoseconds(struct timeval time) {
  return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
}

static void start(char **arguments) {
  int output = open(arguments[3], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int nothing = open("/dev/null", O_WRONLY);
  if (output < 0 || nothing < 0) _exit(126);
  dup2(output, 1);
  dup2(nothing, 2);
  // An alarm outlives exec.
  alarm((unsigned)atoi(arguments[1]));
  struct rlimit space = {(rlim_t)atoll(arguments[2]), (rlim_t)atoll(arguments[2])};
  setrlimit(RLIMIT_AS, &space);
  execvp(arguments[4], arguments + 4);
  _exit(127);
}

int main(int count, char **arguments) {
  if (count < 5) return 64;
  long long begin = now();
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) start(arguments);
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) != child) return 1;
  printf("%lld %lld %lld %lld %d\n", now() - begin, nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime),
         usage.ru_maxrss * 1024LL, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  return 0;
}
