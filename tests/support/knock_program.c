/*
 * knock PORT [wait] [ANYTHING…]: a process that connects to 127.0.0.1:PORT, whatever comes of it, and ends;
 * port 0: it does not connect. With `wait`, when its standard input has ended. Linked statically, so that it
 * starts fast and anywhere.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char** arguments) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  char byte = 0;
  int fd = -1;

  if (count < 2) return 2;
  to.sin_port = htons((unsigned short)atoi(arguments[1]));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (count > 2 && strcmp(arguments[2], "wait") == 0) {
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
  }
  if (to.sin_port == 0) return 0;
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return 1;
  (void)connect(fd, (const struct sockaddr*)&to, sizeof(to));
  return 0;
}
