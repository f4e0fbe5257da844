// AddressChoice: which of a host's addresses one end point (a node's REST API, or its PostgreSQL) is reached
// at. Pure: its owner tells what the resolver said and how requests went, and asks for current().
//
// The rules, in the order they are tried:
//   * A literal is itself, for ever.
//   * An address that answers is kept, whatever the resolver says: the name may vanish (a name server that is
//     down), or lead elsewhere while the node still answers where it was.
//   * One that failed gives way at once to the other addresses of the name, in the resolver's order, round
//     and round. Alone, or when the name has vanished, it stays: there is nothing better to try.
//   * One that failed while the resolver did not list it, or that answers as somebody else than before, is
//     kept only until the resolver lists any other: an address handed to another machine must not be clung to
//     because that machine answers too.
//
// When it cannot know (the name never had an address), current() is not set and nobody waits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"

namespace tamada {

class AddressChoice {
 public:
  // `host` is a name or an IP literal; addresses given out carry `port`.
  AddressChoice(std::string_view host, std::uint16_t port);

  [[nodiscard]] Address current() const;  // not set: no address is known

  // The resolver's newest answer, in its order; empty: the name has no address, or the resolver failed.
  void resolved(const std::vector<Address>& addresses);

  // A request to `address` was answered, by `who` (any text that tells one node from another; empty: not
  // said). True: by somebody else than before.
  bool answered(const Address& address, std::string_view who);

  // `address` is one that works, found by trying: in use from now on. One that is not listed is left to the
  // next answer of the resolver.
  void choose(const Address& address);

  // A request to `address` came to nothing. Ignored if another one is in use by now.
  void failed(const Address& address);

  // How many different addresses there are to try, the one in use included.
  [[nodiscard]] std::size_t count() const;
  // What the resolver said last, with the end point's port. A literal: itself.
  [[nodiscard]] const std::vector<Address>& listed() const { return listed_; }

 private:
  [[nodiscard]] bool is_listed(const Address& address) const;
  void use(const Address& address);

  std::uint16_t port_;
  bool literal_ = false;
  std::vector<Address> listed_;
  Address current_;
  bool trusted_ = false;  // it answered, and nothing speaks against it since
  std::string who_;       // who answered there last
};

}  // namespace tamada
