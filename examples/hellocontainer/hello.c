#include <stdio.h>
#include <unistd.h>

int main(void) {
  puts("Hello from a container of one program.");
  fflush(stdout);
  for (;;) pause();
}
