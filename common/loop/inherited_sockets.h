// InheritedSockets: the descriptors that whoever started this process gave it, by systemd's protocol for
// socket activation (sd_listen_fds(3)): the numbers from 3 on, LISTEN_FDS of them, for the process
// LISTEN_PID, with the names in LISTEN_FDNAMES.
//
// Three may have given them: systemd, from a .socket unit; systemd, out of the descriptor store of a service,
// where an earlier process of it has left them; or the process whose place this one takes. The names of
// the last two begin with `own_name`, so that it is known which sockets this program may end, and which belong
// to somebody else.
//
// Not thread-safe; whoever uses it on another thread makes sure that nobody else does meanwhile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/base/unique_fd.h"

namespace tamada::loop {

struct InheritedSocket {
  UniqueFd fd;           // not open: there is none
  bool foreign = false;  // a .socket unit's: it listens also when the program has ended
};

class InheritedSockets {
 public:
  static constexpr std::string_view own_name = "tamada-";

  InheritedSockets() = default;  // none
  // Takes the descriptors and takes the variables out of the environment. Once, before there are other
  // threads. What the variables say that is not so (another process's id, a descriptor that is closed) is
  // left alone.
  [[nodiscard]] static InheritedSockets from_environment();

  // The socket that listens there, non-blocking and close-on-exec. An IPv6 socket must agree in whether it
  // takes IPv4 clients, too; port 0 is never found.
  [[nodiscard]] InheritedSocket take(const Address& address, bool ipv6_only);
  // The same for a UNIX-domain socket, as long as its file is still there.
  [[nodiscard]] InheritedSocket take(const std::string& path);
  // A descriptor of any kind by its name.
  [[nodiscard]] UniqueFd take_named(std::string_view name);

  // The names of what an earlier process of this program has left, taken or not yet.
  [[nodiscard]] std::vector<std::string> own_names() const;
  // Ends the TCP sockets that such a process has left anywhere but at one of `wanted`, for all who have a
  // descriptor: nobody will serve who connects there, and as long as one listens, another address of its port
  // may not be had. Only where no other process serves them. Returns the addresses, in words.
  std::vector<std::string> end_own_beside(const std::vector<Address>& wanted);

  // Closes what nobody took. Returns what it was, in words: "127.0.0.1:5000", "/run/x.sock", "no listening
  // socket (NAME)". A second descriptor of a socket that was taken is not worth a word.
  std::vector<std::string> close_rest();

 private:
  struct Entry {
    std::string name;
    UniqueFd fd;
    bool listens = false;  // a stream socket that listens
    Address address;       // of a TCP socket
    bool ipv6_only = false;
    std::string path;  // of a UNIX-domain socket
  };
  [[nodiscard]] static Entry look_at(UniqueFd fd, std::string name);

  std::vector<Entry> entries_;
  std::vector<std::string> taken_;  // addresses and paths
};

}  // namespace tamada::loop
