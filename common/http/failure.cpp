#include "common/http/failure.h"

namespace tamada::http {

std::string_view words_of(Stage stage) {
  switch (stage) {
    case Stage::resolving:
      return "resolving the name";
    case Stage::preparing:
      return "preparing TLS";
    case Stage::connecting:
      return "connecting";
    case Stage::tls_handshake:
      return "TLS handshake";
    case Stage::sending:
      return "sending the request";
    case Stage::waiting:
      return "waiting for the answer";
    case Stage::head:
      return "reading the headers";
    case Stage::body:
      return "reading the body";
  }
  return "";
}

}  // namespace tamada::http
