// libpcap as the program sees it: its types, and its functions once it is loaded. It is not linked. With it come seven more
// libraries (D-Bus and what that needs), and to load them takes longer than all else until a capture file is opened.
#include <dlfcn.h>
#include <pcap/pcap.h>

// The functions that are called.
#define WSCLOSE_PCAP(each) \
  each(activate) each(close) each(compile) each(create) each(datalink) each(datalink_val_to_name) each(dispatch) \
  each(findalldevs) each(freealldevs) each(freecode) each(geterr) each(get_selectable_fd) \
  each(get_tstamp_precision) each(offline_filter) each(open_dead) each(set_buffer_size) each(set_datalink) \
  each(set_promisc) each(set_snaplen) each(set_timeout) each(set_tstamp_precision) each(setfilter) \
  each(setnonblock) each(stats) each(statustostr)

/// They by their names without `pcap_`, of the types that libpcap's header gives them.
struct wsclose_pcap {
#define WSCLOSE_PCAP_MEMBER(name) __typeof__(&pcap_##name) _Nonnull name;
  WSCLOSE_PCAP(WSCLOSE_PCAP_MEMBER)
};

/// Loads the library; `NULL` if it or one of the functions is not there, and dlerror(3) says why. To be called once.
static inline const struct wsclose_pcap *_Nullable wsclose_load_pcap(void) {
  static struct wsclose_pcap functions;
  // Debian's name, and that of the others.
  void *library = dlopen("libpcap.so.0.8", RTLD_NOW);
  if (!library) library = dlopen("libpcap.so.1", RTLD_NOW);
  if (!library) return NULL;
#define WSCLOSE_PCAP_FIND(name) \
  if (!(functions.name = (__typeof__(functions.name))dlsym(library, "pcap_" #name))) return NULL;
  WSCLOSE_PCAP(WSCLOSE_PCAP_FIND)
  return &functions;
}
