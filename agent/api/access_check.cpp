#include "agent/api/access_check.h"

namespace tamada::agent {

std::optional<Answer> refuse_access(WritePage page, const http::Request& request, const http::Peer& peer,
                                    const ApiOptions& options, const AccessList& list) {
  // Who asks for a promise in fail-safe mode proves nothing by being a member; only the explicit list counts.
  if (!list.lets_in(peer.address, page != WritePage::failsafe)) return text_answer(403, "Access is denied");
  if (options.tls && options.tls->verify_client != VerifyClient::none &&
      peer.certificate != http::PeerCertificate::verified) {
    return text_answer(403, "client certificate required");
  }
  if (!options.authentication) return std::nullopt;
  const http::BasicCheck check = http::check_basic(request.headers, *options.authentication);
  if (check == http::BasicCheck::right) return std::nullopt;
  Answer answer =
      text_answer(401, check == http::BasicCheck::absent ? "no auth header received" : "not authenticated");
  answer.headers.emplace_back("WWW-Authenticate", http::basic_challenge("Patroni"));
  return answer;
}

}  // namespace tamada::agent
