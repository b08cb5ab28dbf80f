// The floor of the benchmark: libpcap reads every packet of a file, and nothing is done with it.
#include <pcap/pcap.h>
#include <stdio.h>

static void count(unsigned char *packets, const struct pcap_pkthdr *header, const unsigned char *bytes) {
  (void)header;
  (void)bytes;
  ++*(unsigned long *)packets;
}

int main(int argc, char **argv) {
  char problem[PCAP_ERRBUF_SIZE];
  unsigned long packets = 0;
  pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], problem) : NULL;
  if (!capture) {
    fprintf(stderr, "empty-loop: %s\n", argc == 2 ? problem : "give one capture");
    return 1;
  }
  int status = pcap_loop(capture, -1, count, (unsigned char *)&packets);
  pcap_close(capture);
  printf("%lu packets\n", packets);
  return status < 0;
}
