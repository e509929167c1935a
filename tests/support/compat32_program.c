/*
 * A 32-bit x86 program, without a C library so that it needs no 32-bit packages: makes one system call on a
 * socket that it inherited as descriptor 3. It exits with 0 if that ended as it was to end, else with what it
 * gave instead. On stdin: compat32.cpp's request.
 */
struct request {
  char call;
  unsigned char wanted_errno;
  unsigned char address[128];
};

enum { kExit = 1, kRead = 3, kSocketcall = 102, kConnect = 362, kAccept4 = 364 };
enum { kSocketcallConnect = 3, kSocketcallAccept = 5, kSocketcallAccept4 = 18 };
enum { kSocket = 3, kHeader = 2, kNotAsWanted = 255 };

static long system_call(long number, long a, long b, long c, long d) {
  long result;

  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return result;
}

static long socketcall(long call, const long* arguments) {
  return system_call(kSocketcall, call, (long)arguments, 0, 0);
}

static long make(char call, const void* address, long length) {
  const long connect_arguments[] = {kSocket, (long)address, length};
  const long accept_arguments[] = {kSocket, 0, 0, 0};

  switch (call) {
    case 'c':
      return system_call(kConnect, kSocket, (long)address, length, 0);
    case 'C':
      return socketcall(kSocketcallConnect, connect_arguments);
    case 'a':
      return system_call(kAccept4, kSocket, 0, 0, 0);
    case 'A':
      return socketcall(kSocketcallAccept, accept_arguments);
    case '4':
      return socketcall(kSocketcallAccept4, accept_arguments);
  }
  return 0;
}

void _start(void) {
  static struct request request;
  long got, result, error;

  got = system_call(kRead, 0, (long)&request, sizeof(request), 0);
  if (got < kHeader) system_call(kExit, kNotAsWanted, 0, 0, 0);
  result = make(request.call, request.address, got - kHeader);
  error = result < 0 ? -result : 0;
  if (error == request.wanted_errno) system_call(kExit, 0, 0, 0, 0);
  system_call(kExit, error ? error : kNotAsWanted, 0, 0, 0);
  __builtin_unreachable();
}
